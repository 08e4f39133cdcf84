import type { KubernetesObject } from '../api/object.ts'
import { formatObject, referenceOf } from '../api/object.ts'
import type { Phase } from '../api/status.ts'
import { progressing, stalled } from './outcome.ts'
import type { Outcome } from './outcome.ts'
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
export function pendingChildren({ children }: World, stage?: ChildStage): readonly KubernetesObject[] {
  return children
    .filter((child) => child.verdict === 'create' || child.verdict === 'update')
    .filter((child) => stage === undefined || child.stage === stage)
    .map(({ object }) => object)
}

/** Applies objects; `undefined` where there are none. */
export function applying(phase: Phase, objects: readonly KubernetesObject[]): Outcome | undefined {
  if (objects.length === 0) return undefined
  const names = objects.map((object) => `${object.kind} ${object.metadata.name}`).join(', ')
  return progressing(phase, { reason: 'Applying', message: `Applying ${names}.` }, { type: 'now' }, [
    { type: 'apply', objects },
  ])
}
