import type { KubernetesObject } from '../api/object.ts'
import { parseQuantity } from '../api/quantity.ts'
import { claimSizes } from '../plan/claim-template.ts'
import type { Effect } from './decision.ts'
import { progressing, troubled } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { ClaimObservation, World } from './world.ts'

/** How soon to look again at a volume that grows, whatever the watch says. */
const RESIZE_POLL_MS = 5000

/** Conditions that tell of an error, which the resizer tries again by itself. */
const RESIZE_ERRORS: ReadonlySet<string> = new Set(['ControllerResizeError', 'NodeResizeError'])

/**
 * Claims that are smaller than the StatefulSet's templates ask for are grown, whatever state the pods are in: a full
 * disk is a reason to grow, and the template is a word to claims that are still to come.
 *
 * What is compared are the claims themselves, in every pass. So it does not matter at which moment an earlier run was
 * killed, and claims that outlived an older Database grow too.
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
 */
export function growingVolumes(world: World): Outcome | undefined {
  const growths = world.claims.flatMap((claim) => growthOf(claim, world) ?? [])
  if (growths.length === 0) return undefined
  const names = growths.map(({ name, from, to }) => `${name} from ${from} to ${to}`).join(', ')
  const cause = { reason: 'ResizingVolume', message: `Growing claim ${names}.` }
  return progressing('Provisioning', cause, { type: 'now' }, growths)
}

/** Volumes that are asked to grow and have not yet; the pods go on meanwhile. */
export function resizingVolumes({ claims }: World): Outcome | undefined {
  const growing = claims.filter(({ requested, capacity }) => capacity !== undefined && isLess(capacity, requested))
  const [claim] = growing.toSorted((left, right) => Number(isInError(right)) - Number(isInError(left)))
  if (claim === undefined) return undefined
  const { name, requested, capacity = '', resize } = claim
  const state = resize === undefined ? '' : `: ${resize.type}${resize.message === '' ? '' : `: ${resize.message}`}`
  const cause = {
    reason: 'ResizingVolume',
    message: `The volume of claim ${name} grows from ${capacity} to ${requested}${state}`,
  }
  const watch = { type: 'change', withinMs: RESIZE_POLL_MS } as const
  return isInError(claim) ? troubled('Deploying', cause, watch) : progressing('Deploying', cause, watch)
}

const isInError = ({ resize }: ClaimObservation): boolean => RESIZE_ERRORS.has(resize?.type ?? '')

function growthOf(
  { name, uid, phase, requested }: ClaimObservation,
  { children }: World,
): Extract<Effect, { type: 'grow-claim' }> | undefined {
  // Only a bound claim can grow: another one is still to get a volume, or about to go.
  if (phase !== 'Bound') return undefined
  const statefulSets = children
    .map(({ object }) => object)
    .filter(({ kind }: KubernetesObject) => kind === 'StatefulSet')
  const [to] = statefulSets.flatMap((statefulSet) => claimSizes(statefulSet)(name) ?? [])
  if (to === undefined || !isLess(requested, to)) return undefined
  return { type: 'grow-claim', name, uid, from: requested, to }
}

function isLess(left: string, right: string): boolean {
  const [less, more] = [parseQuantity(left), parseQuantity(right)]
  return less !== undefined && more !== undefined && less < more
}
