import type { App } from 'cdk8s'
import type { Replacement } from './replacements.ts'

/** Notices when an app changes while it is synthesised. */
export interface TreeWatch {
  readonly replacements: readonly Replacement[]
  /** Whether anything was changed that could matter for a chart that comes later. */
  readonly isChanged: boolean
  /** From now on a new dependency is a change; before, cdk8s adds those that follow from others. */
  expectNoDependencies(): void
}

/** Methods that change a tree, and whether cdk8s calls them by itself before the first chart. */
const CHANGES: readonly (readonly [name: string, byCdk8s: boolean])[] = [
  ['addChild', false],
  ['tryRemoveChild', false],
  ['addValidation', false],
  ['addDependency', true],
  ['removeDependency', true],
]

/** A watch over all trees: an app that is synthesised on the way counts as a change, which only costs time. */
export function watchTree(app: App): TreeWatch {
  // Of the copy of constructs that the app uses, which need not be ours.
  const owner = Object.getPrototypeOf(app.node) as Readonly<Record<string, (...args: unknown[]) => unknown>>
  let isChanged = false
  let areDependenciesComplete = false
  const replacements = CHANGES.map(([name, byCdk8s]): Replacement => {
    const original = owner[name]
    const method = function watched(this: unknown, ...args: unknown[]): unknown {
      isChanged ||= !byCdk8s || areDependenciesComplete
      return original?.apply(this, args)
    }
    return { owner, name, method }
  })
  return {
    replacements,
    get isChanged() {
      return isChanged
    },
    expectNoDependencies() {
      areDependenciesComplete = true
    },
  }
}
