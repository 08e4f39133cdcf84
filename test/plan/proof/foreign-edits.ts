import type { KubernetesObject, ManagedFieldsEntry } from '../../../src/api/object.ts'
import type { ApiClient, Query } from '../../cluster/api-client.ts'
import { editOf, graft, partOf } from './json-edits.ts'
import type { Random } from './random.ts'

/** What an edit may use. */
export interface EditContext {
  readonly api: ApiClient
  /** Path of the object. */
  readonly path: string
  readonly live: KubernetesObject
  /** What was applied last. */
  readonly applied: KubernetesObject
  /** Our field manager. */
  readonly manager: string
  readonly random: Random
}

type Edit = (context: EditContext) => Promise<unknown>

const OTHERS = ['kubectl-edit', 'other-tool', 'kubectl-client-side-apply', 'webhook'] as const

const put = ({ api, path }: EditContext, object: KubernetesObject, fieldManager: string): Promise<unknown> => {
  // Controllers may have changed the status meanwhile.
  const { resourceVersion: _, ...metadata } = object.metadata
  return api.request('PUT', path, { body: JSON.stringify({ ...object, metadata }), query: { fieldManager } })
}

const patch = ({ api, path }: EditContext, type: string, body: unknown, query: Query): Promise<unknown> =>
  api.request('PATCH', path, { body: JSON.stringify(body), contentType: `application/${type}-patch+json`, query })

function withoutBookkeeping({ apiVersion, kind, metadata, ...rest }: KubernetesObject): KubernetesObject {
  const { uid: _u, resourceVersion: _r, generation: _g, creationTimestamp: _c, managedFields: _m, ...kept } = metadata
  const { status: _s, ...content } = rest
  return { apiVersion, kind, metadata: kept, ...content }
}

const nameOnly = ({ apiVersion, kind, metadata: { name } }: KubernetesObject): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name },
})

async function applyAs(context: EditContext, body: unknown, manager: string, force: boolean): Promise<void> {
  await context.api.apply(context.path, body, manager, { force: force ? true : undefined })
}

/** A part of what is applied or lives, sometimes changed; keeps its name. */
function somePart({ applied, live, random }: EditContext): KubernetesObject {
  const base = withoutBookkeeping(random.chance(0.6) ? applied : live)
  const part = partOf(base, random, random.pick([0.4, 0.7, 1])) as Partial<KubernetesObject>
  const whole = { ...part, ...nameOnly(base), metadata: { ...part.metadata, name: base.metadata.name } }
  return random.chance(0.4) ? withName(editOf(whole, random), base) : whole
}

const withName = (
  object: KubernetesObject,
  { metadata: { name }, apiVersion, kind }: KubernetesObject,
): KubernetesObject => ({
  ...object,
  apiVersion,
  kind,
  metadata: { ...object.metadata, name },
})

/** Changes the text of one node in an entry, or the entries themselves. */
function tampered(entries: readonly ManagedFieldsEntry[], random: Random): readonly ManagedFieldsEntry[] {
  const way = random.below(5)
  if (entries.length === 0 || way === 0) return [{}]
  const index = random.below(entries.length)
  const entry = entries[index] as ManagedFieldsEntry
  const others = entries.filter((_, at) => at !== index)
  if (way === 1) return others.length === 0 ? [{}] : others
  if (way === 2) {
    const manager = random.pick(OTHERS)
    const operation = random.pick(['Apply', 'Update'])
    return [...entries, { ...entry, manager, operation }]
  }
  const fieldsV1 = editTree(structuredClone(entry.fieldsV1 ?? {}) as Tree, random)
  return [...others, { ...entry, fieldsV1 }]
}

interface Tree {
  [segment: string]: Tree
}

function editTree(tree: Tree, random: Random): Tree {
  let at = tree
  for (;;) {
    const keys = Object.keys(at)
    if (keys.length === 0) return tree
    const key = random.pick(keys)
    const child = at[key] as Tree
    if (Object.keys(child).length === 0 || random.chance(0.15)) {
      if (random.chance(0.8)) delete at[key]
      else at['f:extra'] = {}
      return tree
    }
    at = child
  }
}

/** Everything that others do to a live object. Each may be refused by the server. */
export const EDITS: Readonly<Record<string, Edit>> = {
  put: (context) => put(context, editOf(context.live, context.random), context.random.pick(OTHERS)),

  'put by the same manager': (context) => put(context, editOf(context.live, context.random), context.manager),

  'put of what was applied': (context) =>
    put(
      context,
      { ...context.live, ...editOf(context.applied, context.random), metadata: context.live.metadata },
      context.random.pick(OTHERS),
    ),

  'merge patch': (context) => {
    const edited = withoutBookkeeping(editOf(context.live, context.random))
    return patch(context, 'merge', { ...edited, metadata: { ...edited.metadata } }, { fieldManager: 'patcher' })
  },

  'client-side apply': (context) => {
    const body = somePart(context)
    const annotations = {
      ...body.metadata.annotations,
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(body),
    }
    const type = context.live.apiVersion.includes('example') ? 'merge' : 'strategic-merge'
    const sent = { ...body, metadata: { ...body.metadata, annotations } }
    return patch(context, type, sent, { fieldManager: 'kubectl-client-side-apply' })
  },

  apply: (context) => applyAs(context, somePart(context), context.random.pick(OTHERS), false),

  'forced apply': (context) => applyAs(context, somePart(context), context.random.pick(OTHERS), true),

  'apply of the same values': (context) =>
    applyAs(context, partOf(context.applied, context.random, 1), context.random.pick(OTHERS), false),

  'apply, then release': async (context) => {
    await applyAs(context, somePart(context), 'passer-by', true)
    await applyAs(context, nameOnly(context.live), 'passer-by', true)
  },

  'apply of another intent by us': (context) =>
    applyAs(context, withName(editOf(context.applied, context.random), context.live), context.manager, true),

  'release by us': (context) => applyAs(context, nameOnly(context.live), context.manager, true),

  'apply of less by us': (context) => {
    const part = partOf(context.applied, context.random, 0.8) as KubernetesObject
    return applyAs(context, withName(part, context.live), context.manager, true)
  },

  'tampering with managed fields': (context) => {
    const { live, random } = context
    const managedFields = tampered(live.metadata.managedFields ?? [], random)
    return put(context, { ...live, metadata: { ...live.metadata, managedFields } }, random.pick(OTHERS))
  },

  'a change of status': (context) =>
    context.api.merge(
      `${context.path}/status`,
      { metadata: { annotations: { 'example.com/touched': 'yes' } }, status: { observedGeneration: 1 } },
      { fieldManager: 'controller' },
    ),

  'a change of scale': (context) =>
    context.api.merge(
      `${context.path}/scale`,
      { spec: { replicas: context.random.below(3) } },
      { fieldManager: 'scaler' },
    ),

  'adoption of what lives': (context) =>
    applyAs(
      context,
      withName(graft(context.applied, withoutBookkeeping(context.live), context.random), context.live),
      'adopter',
      false,
    ),

  deletion: (context) => context.api.delete(context.path, { propagationPolicy: 'Background' }),
}
