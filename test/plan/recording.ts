/** Traps as a real server answers them, in a form that is the same every time. */
import { join } from 'node:path'
import type { KubernetesObject } from '../../src/api/object.ts'
import { differences } from '../../src/plan/difference.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import type { Trap } from './traps.ts'

/** File of a recording. */
export const fixtureOf = (trap: string): string =>
  join(import.meta.dirname, 'fixtures', `${trap.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.json`)

/** The field manager that applies. */
export const MANAGER = 'cdk8s-database'

const TIME = '2026-01-01T00:00:00Z'
const UID = '6c1b9d4e-0000-4000-8000-000000000000'
const OWNER_UID = '6c1b9d4e-0000-4000-8000-000000000001'

/** What was desired and what lived. */
export interface Recording {
  readonly desired: KubernetesObject
  readonly live: KubernetesObject
}

/** A trap on the server. */
export interface Sprung extends Recording {
  /** What the server says to an apply: fields that would change, also of ownership, or its refusal. */
  readonly dryRun: string
}

/** Sets a trap up on a server. @param owner uid of an object that lives: nobody collects what it owns */
export async function spring(
  api: ApiClient,
  trap: Trap,
  { namespace, name, owner }: { namespace: string; name: string; owner: string },
): Promise<Sprung> {
  const place = (object: KubernetesObject): KubernetesObject => {
    const owned = JSON.parse(JSON.stringify(object).replaceAll('"OWNER"', JSON.stringify(owner))) as KubernetesObject
    return { ...owned, metadata: { ...owned.metadata, name, namespace } }
  }
  const desired = place(trap.desired ?? trap.applied)
  const path = pathOf(desired, trap.plural)
  const applied = place(trap.applied)
  await api.apply(pathOf(applied, trap.plural), applied, MANAGER)
  for (const step of trap.steps ?? []) {
    await step({
      live: await read(api, path),
      put: (object: KubernetesObject, fieldManager) =>
        api.request('PUT', path, { body: JSON.stringify(unconditional(object)), query: { fieldManager } }),
      apply: (object, manager, force) => api.apply(path, place(object), manager, force ? { force: true } : {}),
      scale: (replicas, fieldManager) => api.merge(`${path}/scale`, { spec: { replicas } }, { fieldManager }),
      delete: () => api.delete(path),
    })
  }
  const live = await read(api, path)
  return { desired, live, dryRun: await dryRun(api, path, desired, live) }
}

/** Controllers may have changed its status meanwhile. */
function unconditional(object: KubernetesObject): KubernetesObject {
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function pathOf({ apiVersion, metadata: { name, namespace } }: KubernetesObject, plural: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${root}/namespaces/${namespace}/${plural}/${name}`
}

const read = (api: ApiClient, path: string): Promise<KubernetesObject> => api.request<KubernetesObject>('GET', path)

async function dryRun(
  api: ApiClient,
  path: string,
  desired: KubernetesObject,
  live: KubernetesObject,
): Promise<string> {
  try {
    const query = { dryRun: 'All', fieldValidation: 'Strict' }
    const applied = await api.apply<KubernetesObject>(path, desired, MANAGER, query)
    return (
      differences(steady(live, ''), steady(applied, ''))
        .map((difference) => difference.path)
        // An apply of an empty list counts as a new generation, each time, for some kinds.
        .filter((changed) => changed !== 'metadata.generation')
        .join(', ')
    )
  } catch (error) {
    return String(error)
  }
}

/** An object without what differs from run to run and what controllers write meanwhile. @param owner uid to replace */
export function steady(object: KubernetesObject, owner: string): KubernetesObject {
  const named =
    owner === '' ? object : (JSON.parse(JSON.stringify(object).replaceAll(owner, OWNER_UID)) as KubernetesObject)
  const { status: _, metadata, ...rest } = named
  const managedFields = metadata.managedFields
    ?.filter(({ subresource, manager }) => subresource !== 'status' && manager !== 'kube-controller-manager')
    .map((entry) => ({ ...entry, time: TIME }))
    .toSorted((left, right) => JSON.stringify(left).localeCompare(JSON.stringify(right)))
  return {
    ...(rest as KubernetesObject),
    metadata: {
      ...metadata,
      name: 'trap',
      namespace: 'traps',
      ...(metadata.uid === undefined ? {} : { uid: UID, resourceVersion: '1', creationTimestamp: TIME }),
      ...(metadata.deletionTimestamp === undefined ? {} : { deletionTimestamp: TIME }),
      ...(managedFields === undefined || managedFields.length === 0 ? {} : { managedFields }),
    },
  }
}
