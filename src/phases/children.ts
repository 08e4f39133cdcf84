import { formatObject, referenceOf } from '../api/object.ts'
import type { Phase } from '../api/status.ts'
import type { Effect } from './decision.ts'
import { progressing, stalled } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { isHeldBack } from './update-order.ts'
import type { ChildObservation, ChildStage, World } from './world.ts'

/**
 * A child that the server will not have as it is. Looked for in both stages before anything is applied, so that a pass
 * which cannot succeed leaves nothing half-applied.
 */
export function blockedChildren({ children }: World): Outcome | undefined {
  const blocked = children.filter(({ verdict }) => verdict === 'conflict' || verdict === 'refused')
  const [first] = blocked
  if (first === undefined) return undefined
  return stalled({
    reason: first.verdict === 'conflict' ? 'FieldManagerConflict' : 'RefusedByServer',
    message: blocked.map((child) => describeBlocked(child)).join('; '),
  })
}

function describeBlocked({ object, verdict, message }: ChildObservation): string {
  const fallback = verdict === 'conflict' ? 'another field manager owns a field' : 'the server refuses it'
  return `${formatObject(referenceOf(object))}: ${message ?? fallback}`
}

/** Children that are not as desired and can be made so, in the order in which they are applied. */
export function pendingChildren(world: World, stage?: ChildStage): readonly ChildObservation[] {
  return world.children
    .filter(({ verdict }) => verdict === 'create' || verdict === 'update' || verdict === 'replace')
    .filter((child) => stage === undefined || child.stage === stage)
    .filter((child) => !isHeldBack(world, child))
}

/** What makes children as desired, in their order. */
export function effectsOn(children: readonly ChildObservation[]): readonly Effect[] {
  return children.reduce<Effect[]>((effects, { object, replaces }) => {
    if (replaces !== undefined) return [...effects, { type: 'replace', object, uid: replaces }]
    const last = effects.at(-1)
    return last?.type === 'apply'
      ? [...effects.slice(0, -1), { type: 'apply', objects: [...last.objects, object] }]
      : [...effects, { type: 'apply', objects: [object] }]
  }, [])
}

/** Applies children; `undefined` where there are none. */
export function applying(phase: Phase, children: readonly ChildObservation[]): Outcome | undefined {
  if (children.length === 0) return undefined
  const { replaced = [], applied = [] } = Object.groupBy(children, ({ replaces }) =>
    replaces === undefined ? 'applied' : 'replaced',
  )
  const message = [
    ...(applied.length === 0 ? [] : [`Applying ${namesOf(applied)}.`]),
    ...(replaced.length === 0 ? [] : [`Replacing ${namesOf(replaced)}; pods go on running.`]),
  ].join(' ')
  const reason = applied.length === 0 ? 'Replacing' : 'Applying'
  return progressing(phase, { reason, message }, { type: 'now' }, effectsOn(children))
}

const namesOf = (children: readonly ChildObservation[]): string =>
  children.map(({ object }) => `${object.kind} ${object.metadata.name}`).join(', ')
