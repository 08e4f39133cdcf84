import type { ObjectReference } from '../../api/object.ts'

/** How objects of others are met. */
export interface TakeOverOptions {
  /** Take the place of whoever keeps an object. */
  readonly takeOver: boolean
  /** Name of another apply set that knows the object; `undefined` where none does. @default none does */
  readonly otherSet?: ((reference: ObjectReference) => string | undefined) | undefined
  /** The command line of this run with one more flag, to be pasted. */
  readonly rerun: (flag: string) => string
}

/** Whether objects may be replaced. */
export interface RecreateOptions {
  /** Delete and create again what has an immutable field that changes. @default false */
  readonly recreate?: boolean | undefined
}

/** How planning judges. */
export interface PlanningOptions extends TakeOverOptions, RecreateOptions {
  /** Take fields from other managers. */
  readonly force: boolean
  /** Ask the server also about what the managed fields prove to be unchanged. */
  readonly verifyWithDryRun: boolean
  /** Show what whoever keeps an object would change; only for a plan that is not carried out. @default false */
  readonly asKeeper?: boolean
}
