import { EXIT } from '../../api/exit-code.ts'
import { FIELD_MANAGER } from '../../api/group.ts'
import { majorOfTag, variantOfTag } from '../../api/image-reference.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { LAST_APPLIED_ANNOTATION } from '../../plan/client-side-migration.ts'
import { dataPlaceOf } from '../../plan/data-place.ts'
import type { DataPlace } from '../../plan/data-place.ts'
import { compare } from '../../plan/verdict.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { labelDependents } from './dependents.ts'
import type { Refusal } from './failure.ts'
import { refusalOf } from './failure.ts'
import type { Claim } from './foreign.ts'
import type { PlannedItem, Subject } from './planned-item.ts'

/** End of the name under which the server is asked what would become of the StatefulSet. Nothing of that name is made. */
const REHEARSED = '-new'

/**
 * The plan to take over a StatefulSet that somebody made by hand, with its pods, its claims and its data: it is
 * replaced, because its selector is another one, after its pods and claims were given the labels of ours.
 *
 * The new one is made from the manifest alone. So the server is asked for it under another name, and the plan shows
 * every field that differs. It is refused where the server that is to come would not find the data.
 */
export async function judgeAdoption(
  api: ClusterApi,
  subject: Subject,
  live: KubernetesObject,
  { tracker }: Claim,
): Promise<PlannedItem> {
  const { item, body } = subject
  const planned = {
    item,
    body,
    live,
    proof: 'dry-run',
    takesOver: true,
    ...(tracker === undefined ? {} : { takesOverFrom: tracker }),
  } as const
  const obstacle = obstacleTo(body, live)
  if (obstacle !== undefined) return { ...planned, verdict: 'refused', differences: [], refusal: obstacle }
  try {
    const { name, uid, creationTimestamp } = live.metadata
    const metadata = { ...body.metadata, name: `${name}${REHEARSED}` }
    const made = await api.apply({ ...body, metadata }, { manager: FIELD_MANAGER, dryRun: true })
    await labelDependents(api, body, live, { dryRun: true })
    const identity = {
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    }
    const applied = { ...made, metadata: { ...made.metadata, ...identity } }
    const differences = compare(live, applied, FIELD_MANAGER).differences.filter(
      ({ path }) => path !== `metadata.annotations["${LAST_APPLIED_ANNOTATION}"]`,
    )
    const isRestarted = differences.some(({ path }) => path.startsWith('spec.template'))
    const pods = isRestarted ? 'its pods are taken over, then restart one after another' : 'its pods go on running'
    const note = `takes over from ${tracker?.owner ?? 'whoever made it'}; deleted without its pods and created again; ${pods}`
    return { ...planned, verdict: 'replace', applied, differences, note }
  } catch (error) {
    const refusal = refusalOf(error, item)
    if (refusal === undefined) throw error
    return { ...planned, verdict: 'refused', differences: [], refusal }
  }
}

/** Nobody knows the password of data that is taken over, so none is made up. */
export function withKnownPassword(children: readonly PlannedItem[], credentials: string): readonly PlannedItem[] {
  if (credentials !== 'create') return children
  return children.map((child) => {
    if (child.takesOver !== true || child.item.reference.kind !== 'StatefulSet' || child.refusal !== undefined)
      return child
    const refusal: Refusal = {
      conflict: false,
      reason: 'CredentialsMissingForExistingData',
      message: 'the data that is taken over has a password, and a new one would not open it',
      remedy: 'name the Secret that holds it: credentials.existingSecret',
      exitCode: EXIT.failed,
    }
    return { ...child, verdict: 'refused', refusal }
  })
}

function obstacleTo(body: KubernetesObject, live: KubernetesObject): Refusal | undefined {
  const [wanted, found] = [dataPlaceOf(body), dataPlaceOf(live)]
  if (wanted === undefined) return undefined
  if (found === undefined)
    return incompatible(
      'its data lies on no claim of its own, as far as PGDATA and the mounts tell',
      'move the data by dump and restore: docs/runbooks/adopting.md',
    )
  const [major, newMajor] = [majorOfTag(found.image), majorOfTag(wanted.image)]
  if (major !== undefined && newMajor !== undefined && major !== newMajor) {
    const message = `it runs PostgreSQL ${major}, the image is ${newMajor}: a new major needs dump and restore`
    const remedy = `take it over with its own major: image ${found.image}`
    return { conflict: false, reason: 'MajorUpgradeRequired', message, remedy, exitCode: EXIT.failed }
  }
  if (variantOfTag(found.image) !== variantOfTag(wanted.image))
    return incompatible(
      `it runs ${found.image}, and ${wanted.image} has another user and another order of text`,
      `take it over with its own image: ${found.image}`,
    )
  if (found.path === wanted.path && found.claimTemplate === wanted.claimTemplate) return undefined
  return incompatible(
    `its data lies in ${describe(found)}, the manifest looks in ${describe(wanted)}`,
    found.path === 'pgdata'
      ? `set storage.layout to legacy and storage.claimTemplate to ${found.claimTemplate}`
      : 'move the data into a directory pgdata of the volume first: docs/runbooks/adopting.md',
  )
}

const describe = ({ path, claimTemplate }: DataPlace): string =>
  `${path === '' ? 'the root' : path} of claim ${claimTemplate}`

function incompatible(message: string, remedy: string): Refusal {
  return { conflict: false, reason: 'IncompatibleDataDirectory', message, remedy, exitCode: EXIT.failed }
}
