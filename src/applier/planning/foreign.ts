import { EXIT } from '../../api/exit-code.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { trackedBy } from '../../plan/tracking.ts'
import type { Tracker } from '../../plan/tracking.ts'
import type { Refusal } from './failure.ts'
import { isControlled, notOursBecause } from '../set/ownership.ts'
import type { Subject } from './planned-item.ts'
import type { TakeOverOptions } from './planning-options.ts'

/** Somebody else's claim to a live object. */
export interface Claim {
  /** Who keeps it; absent where only the marks of ours are missing. */
  readonly tracker?: Tracker
  /** Why it does not belong to the Database whose child it would be. */
  readonly because?: string
  /** Whether it can be taken over: not from another controller, which would go on. */
  readonly canTakeOver: boolean
}

/** Who else has a claim to a live object; `undefined` where nobody has. */
export function claimTo(
  { item, owner }: Subject,
  live: KubernetesObject,
  { otherSet }: Pick<TakeOverOptions, 'otherSet'>,
): Claim | undefined {
  const because = owner === undefined ? undefined : notOursBecause(live, owner)
  const tracker = trackedBy(live) ?? setOf(otherSet?.(item.reference))
  if (because === undefined && tracker === undefined) return undefined
  return {
    ...(because === undefined ? {} : { because }),
    ...(tracker === undefined ? {} : { tracker }),
    canTakeOver: because === undefined || !isControlled(live),
  }
}

function setOf(name: string | undefined): Tracker | undefined {
  if (name === undefined) return undefined
  return {
    owner: `apply set ${name}`,
    consequence: 'the next apply of that set would undo what is applied here',
    release: 'remove it from the manifests of that set',
    managers: [],
    labels: [],
    annotations: [],
  }
}

/** The refusal to write an object of others, with its owner, what would become of a change, and the ways out. */
export function foreignRefusal({ item }: Subject, claim: Claim, rerun: TakeOverOptions['rerun']): Refusal {
  const { kind, name, namespace } = item.reference
  const { tracker, because, canTakeOver } = claim
  if (!canTakeOver || tracker === undefined) {
    const look = `kubectl${namespace === undefined ? '' : ` -n ${namespace}`} get ${kind.toLowerCase()} ${name} -o yaml`
    const takeOver = canTakeOver ? `, or take it over: ${rerun('--take-over')}` : ''
    return {
      conflict: false,
      reason: 'NotOurs',
      message: `${kind} ${name} is not touched: ${because ?? ''}`,
      remedy: `choose another name for the Database, or remove what is there: ${look}${takeOver}`,
      exitCode: EXIT.refused,
    }
  }
  return {
    conflict: false,
    reason: 'ManagedElsewhere',
    message: `it is managed by ${tracker.owner}${INDENT}${tracker.consequence}`,
    remedy: `commit the change instead, or take it over: ${rerun('--take-over')}${INDENT}and make the other let go: ${tracker.release}`,
    exitCode: EXIT.refused,
  }
}

/** Lines of an error begin below its first one. */
const INDENT = '\n       '
