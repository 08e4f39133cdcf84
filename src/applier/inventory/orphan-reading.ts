import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { isForbidden, isKindNotServed } from '../../cluster/error-guards.ts'
import { groupOf } from '../../plan/inventory.ts'
import type { Member } from '../../plan/inventory.ts'
import type { Orphan } from '../../plan/prune.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

/** Up to so many orphans of one kind and namespace are read one by one; of more, the metadata is listed. */
const READ_ONE_BY_ONE = 10

/**
 * Reads what is there of the orphans of a set. Only metadata counts, so no value of a Secret need be read.
 *
 * An object is gone where the server says so, and where it serves its kind in no version at all: that the version is
 * gone by which the object was last written says nothing about the object.
 * @param desired tells in which versions this run addresses kinds
 * @returns the orphans, each with the version by which it can be addressed now
 */
export async function readOrphans(
  api: ClusterApi,
  orphans: readonly Member[],
  desired: readonly ObjectReference[],
): Promise<Orphan[]> {
  const versions = new Map(desired.map((reference) => [kindKey(reference), reference.apiVersion]))
  const groups = new Map<string, Member[]>()
  for (const member of orphans) {
    const current = { ...member, apiVersion: versions.get(kindKey(member)) ?? member.apiVersion }
    const key = `${current.apiVersion} ${current.kind} ${current.namespace ?? ''}`
    groups.set(key, [...(groups.get(key) ?? []), current])
  }
  return (await Promise.all([...groups.values()].map((members) => readServed(api, members)))).flat()
}

function kindKey({ apiVersion, kind }: ObjectReference): string {
  return `${groupOf(apiVersion)} ${kind}`
}

/** Reads members of one kind and namespace; where their version is not served, in another one. */
async function readServed(api: ClusterApi, members: readonly Member[]): Promise<Orphan[]> {
  try {
    return await readMembers(api, members)
  } catch (error) {
    if (!isKindNotServed(error)) throw error
  }
  const group = groupOf(members[0]?.apiVersion ?? '')
  for (const version of await api.servedVersions(group)) {
    const apiVersion = group === '' ? version : `${group}/${version}`
    if (apiVersion === members[0]?.apiVersion) continue
    try {
      return await readMembers(
        api,
        members.map((member) => ({ ...member, apiVersion })),
      )
    } catch (error) {
      if (!isKindNotServed(error)) throw error
    }
  }
  return members.map((member) => ({ member, live: undefined }))
}

async function readMembers(api: ClusterApi, members: readonly Member[]): Promise<Orphan[]> {
  const [first] = members
  if (first === undefined) return []
  const listed = members.length > READ_ONE_BY_ONE ? await listMetadata(api, first) : undefined
  if (listed === undefined) {
    return Promise.all(members.map(async (member) => ({ member, live: await api.get(member) })))
  }
  const live = new Map(listed.map((object) => [object.metadata.name, object]))
  return members.map((member) => ({ member, live: live.get(member.name) }))
}

async function listMetadata(
  api: ClusterApi,
  { apiVersion, kind, namespace }: Member,
): Promise<readonly KubernetesObject[] | undefined> {
  try {
    return await api.listMetadata({ apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) })
  } catch (error) {
    // Who may not list may still get.
    if (isForbidden(error)) return undefined
    throw error
  }
}
