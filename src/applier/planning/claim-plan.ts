import { EXIT } from '../../api/exit-code.ts'
import { FIELD_MANAGER } from '../../api/group.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { parseQuantity } from '../../api/quantity.ts'
import { isForbidden, isNotFound } from '../../cluster/error-guards.ts'
import { claimSizes, templateOfClaim } from '../../plan/claim-template.ts'
import { differences } from '../../plan/difference.ts'
import { comparable } from '../../plan/verdict.ts'
import type { ApplyItem, DatabaseItem } from '../set/apply-set.ts'
import { sizePatch } from './claim-size.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import { refusalOf } from './failure.ts'
import type { Refusal } from './failure.ts'
import type { PlannedItem } from './planned-item.ts'

/**
 * The claims of a database that are smaller than its StatefulSet will ask for. The server is asked whether each may
 * grow: its class, its quota and the rights have their say before anything is written.
 *
 * A claim of another class than the manifest names is refused: a volume stays in its class, and a template that says
 * otherwise would be believed.
 */
export async function planClaims(
  api: ClusterApi,
  view: DatabaseView,
  { key, children, resource }: DatabaseItem,
): Promise<readonly PlannedItem[]> {
  const statefulSets = children.filter(({ reference }) => reference.kind === 'StatefulSet').map(({ object }) => object)
  const planned = claimsOf(view, key).flatMap((claim) =>
    statefulSets.map((statefulSet) => planClaim(api, statefulSet, claim, itemOf(claim, resource))),
  )
  return (await Promise.all(planned)).filter((claim) => claim !== undefined)
}

async function planClaim(
  api: ClusterApi,
  statefulSet: KubernetesObject,
  claim: KubernetesObject,
  item: ApplyItem,
): Promise<PlannedItem | undefined> {
  const refusal = classRefusal(statefulSet, claim)
  if (refusal !== undefined) return refused(item, claim, refusal)
  const size = claimSizes(statefulSet)(claim.metadata.name)
  return size === undefined || !isSmaller(claim, size) ? undefined : planGrowth(api, item, claim, size)
}

/** Bound claims, as far as they may be read: whoever applies must be able to, which is asked for separately. */
function claimsOf(view: DatabaseView, key: string): readonly KubernetesObject[] {
  try {
    return view.objectsOf(key).claims.filter((claim) => (claim['status'] as Status | undefined)?.phase === 'Bound')
  } catch (error) {
    if (isForbidden(error)) return []
    throw error
  }
}

async function planGrowth(
  api: ClusterApi,
  item: ApplyItem,
  claim: KubernetesObject,
  size: string,
): Promise<PlannedItem | undefined> {
  try {
    const applied = await api.patch(item.reference, sizePatch(size), { manager: FIELD_MANAGER, dryRun: true })
    const changes = differences(comparable(claim), comparable(applied)).filter(({ path }) => path.startsWith('spec.'))
    return {
      item: { ...item, object: applied },
      body: applied,
      live: claim,
      verdict: 'update',
      proof: 'dry-run',
      applied,
      differences: changes,
      note: 'grows in place, before anything else is applied',
    }
  } catch (error) {
    if (isNotFound(error)) return undefined
    const refusal = (await expansionRefusal(api, claim, error)) ?? refusalOf(error, item)
    if (refusal === undefined) throw error
    return refused(item, claim, refusal)
  }
}

/** The clearer words where it is the class that cannot expand, if the class may be read. */
async function expansionRefusal(
  api: ClusterApi,
  claim: KubernetesObject,
  error: unknown,
): Promise<Refusal | undefined> {
  const name = classOf(claim)
  if (!isForbidden(error) || name === undefined) return undefined
  const allows = await allowsExpansion(api, name)
  if (allows !== false) return undefined
  return {
    conflict: false,
    reason: 'ExpansionUnsupported',
    message: `StorageClass ${name} does not allow volumes to grow`,
    remedy: `where its driver can: kubectl patch storageclass ${name} --type merge -p '{"allowVolumeExpansion":true}'; else keep the size, or move the data: docs/runbooks/growing.md`,
    exitCode: EXIT.failed,
  }
}

/** `undefined` where nobody can tell. */
async function allowsExpansion(api: ClusterApi, name: string): Promise<boolean | undefined> {
  try {
    const found = await api.get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name })
    return found === undefined ? undefined : found['allowVolumeExpansion'] === true
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

function classRefusal(statefulSet: KubernetesObject, claim: KubernetesObject): Refusal | undefined {
  const wanted = templateOfClaim(statefulSet, claim.metadata.name)?.spec?.storageClassName
  const [has, { name }] = [classOf(claim), claim.metadata]
  if (wanted === undefined || has === undefined || wanted === has) return undefined
  return {
    conflict: false,
    reason: 'StorageClassChanged',
    message: `claim ${name} is of StorageClass ${has} and stays in it; the manifest says ${wanted}`,
    remedy: `set storage.storageClassName to ${has}, or move the data: docs/runbooks/growing.md`,
    exitCode: EXIT.failed,
    path: ['spec', 'storage', 'storageClassName'],
  }
}

function refused(item: ApplyItem, live: KubernetesObject, refusal: Refusal): PlannedItem {
  return { item, body: item.object, live, verdict: 'refused', proof: 'dry-run', differences: [], refusal }
}

/** The claim stands in no manifest; what is wrong with it is to be mended in the Database. */
function itemOf(claim: KubernetesObject, { source, placeOf }: ApplyItem): ApplyItem {
  return {
    object: claim,
    reference: referenceOf(claim),
    ...(source === undefined ? {} : { source }),
    ...(placeOf === undefined ? {} : { placeOf: () => placeOf(['spec', 'storage']) }),
  }
}

function isSmaller(claim: KubernetesObject, size: string): boolean {
  const [has, wanted] = [parseQuantity(specOf(claim).resources?.requests?.storage ?? '0'), parseQuantity(size)]
  return has !== undefined && wanted !== undefined && has < wanted
}

const specOf = (claim: KubernetesObject): Spec => (claim['spec'] as Spec | undefined) ?? {}

const classOf = (claim: KubernetesObject): string | undefined => specOf(claim).storageClassName

interface Spec {
  readonly storageClassName?: string
  readonly resources?: { readonly requests?: { readonly storage?: string } }
}

interface Status {
  readonly phase?: string
}
