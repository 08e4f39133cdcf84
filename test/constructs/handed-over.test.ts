/** Fields handed over to another manager, against a real API server: what stands in the manifests is what is owned. */
import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/api/database.ts'
import { API_VERSION, FIELD_MANAGER, KIND } from '../../src/api/group.ts'
import { HANDED_OVER_FIELDS } from '../../src/api/handed-over.ts'
import type { HandedOverField } from '../../src/api/handed-over.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { manifest } from './manifests-of.ts'

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'handed-over')

interface Wish {
  readonly kind: string
  /** Path of the collection's group and version, and its plural. */
  readonly resource: readonly [prefix: string, plural: string]
  /** What the other manager applies. */
  readonly spec: object
  /** The field in a live `spec`. */
  readonly read: (spec: LiveSpec) => unknown
  /** Its value as the other manager wants it. */
  readonly value: unknown
  /** Its value when nobody owns it. */
  readonly unowned: unknown
}

interface LiveSpec {
  readonly replicas?: number
  readonly type?: string
  readonly ingress?: readonly object[]
  readonly template?: { readonly spec: { readonly containers: readonly { readonly resources: object }[] } }
}

const resources = { limits: { memory: '3Gi' } }
const ingress = [{ ports: [{ port: 5432, protocol: 'TCP' }] }]

/** The other manager's wish for each field, and where it stands. */
const WISHES: Readonly<Record<HandedOverField, Wish>> = {
  'statefulSet.replicas': {
    kind: 'StatefulSet',
    resource: ['apis/apps/v1', 'statefulsets'],
    spec: { replicas: 0 },
    read: (spec) => spec.replicas,
    value: 0,
    unowned: 1,
  },
  'statefulSet.resources': {
    kind: 'StatefulSet',
    resource: ['apis/apps/v1', 'statefulsets'],
    spec: { template: { spec: { containers: [{ name: 'postgres', resources }] } } },
    read: (spec) => spec.template?.spec.containers[0]?.resources,
    value: resources,
    unowned: {},
  },
  'service.type': {
    kind: 'Service',
    resource: ['api/v1', 'services'],
    spec: { type: 'NodePort' },
    read: (spec) => spec.type,
    value: 'NodePort',
    unowned: 'ClusterIP',
  },
  'networkPolicy.ingress': {
    kind: 'NetworkPolicy',
    resource: ['apis/networking.k8s.io/v1', 'networkpolicies'],
    spec: { ingress },
    read: (spec) => spec.ingress,
    value: ingress,
    unowned: undefined,
  },
}

const nameOf = (prefix: string, field: HandedOverField): string => `${prefix}-${field.replace('.', '-').toLowerCase()}`

/** The child that has the field, as it is rendered. */
function child(name: string, field: HandedOverField, handedOver: HandedOverField[]): KubernetesObject {
  const database = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace },
    spec: {
      image: 'postgres:16.4-bookworm',
      replicas: 1,
      databaseName: 'orders',
      username: 'orders_app',
      storage: { size: '1Gi' },
      deletionPolicy: 'Retain',
      handedOver,
    },
  } as Database
  return manifest(expandDatabase(database), WISHES[field].kind, name)
}

const pathOf = (name: string, field: HandedOverField): string => {
  const [prefix, plural] = WISHES[field].resource
  return `/${prefix}/namespaces/${namespace}/${plural}/${name}`
}

/** Server-side apply, as one manager. @returns the server's answer in a few words */
async function apply(
  name: string,
  field: HandedOverField,
  body: object,
  manager: string,
  force = false,
): Promise<string> {
  const query = `fieldManager=${manager}&force=${force}&fieldValidation=Strict`
  const reply = await controlPlane.request('PATCH', `${pathOf(name, field)}?${query}`, { body })
  const { message } = reply.body as { message?: string }
  return [reply.status, message].filter((part) => part !== undefined).join(' ')
}

/** Applies our manifest with these fields handed over. */
const applyOurs = (name: string, field: HandedOverField, handedOver: HandedOverField[]): Promise<string> =>
  apply(name, field, child(name, field, handedOver), FIELD_MANAGER)

/** What the other manager applies: its field and nothing else. */
function applyTheirs(name: string, field: HandedOverField, force = false): Promise<string> {
  const { apiVersion, kind } = child(name, field, [])
  const body = { apiVersion, kind, metadata: { name, namespace }, spec: WISHES[field].spec }
  return apply(name, field, body, 'autoscaler', force)
}

async function live(name: string, field: HandedOverField): Promise<unknown> {
  const { body } = await controlPlane.request('GET', pathOf(name, field))
  return WISHES[field].read((body as { spec: LiveSpec }).spec)
}

describe.each(HANDED_OVER_FIELDS)('%s', (field) => {
  const { value, unowned } = WISHES[field]

  test('belongs to whoever sets it, where it is handed over', async () => {
    const name = nameOf('given', field)
    expect(await applyOurs(name, field, [field])).toBe('201')
    expect(await applyTheirs(name, field)).toBe('200')
    expect(await live(name, field)).toEqual(value)
    expect(await applyOurs(name, field, [field])).toBe('200')
    expect(await live(name, field)).toEqual(value)
  })

  test('is a conflict for the other manager, where it is not', async () => {
    const name = nameOf('kept', field)
    expect(await applyOurs(name, field, [])).toBe('201')
    expect(await applyTheirs(name, field)).toMatch(new RegExp(`^409 .*conflict.* "${FIELD_MANAGER}"`))
  })

  test('keeps its value when the other manager takes it first', async () => {
    const name = nameOf('taken', field)
    expect(await applyOurs(name, field, [])).toBe('201')
    expect(await applyTheirs(name, field, true)).toBe('200')
    expect(await applyOurs(name, field, [field])).toBe('200')
    expect(await live(name, field)).toEqual(value)
  })

  test(`falls back to ${JSON.stringify(unowned) ?? 'nothing'} when nobody has taken it`, async () => {
    const name = nameOf('dropped', field)
    expect(await applyOurs(name, field, [])).toBe('201')
    expect(await applyOurs(name, field, [field])).toBe('200')
    expect(await live(name, field)).toEqual(unowned)
  })
})

/**
 * `kubectl scale` and autoscalers go through the scale subresource. There a zero counts as absent (seen in 1.36.2): the
 * field is taken from its owner and has no new one, so that no conflict warns whoever applies it again.
 */
describe('replicas that are set to zero through the scale subresource', () => {
  const field = 'statefulSet.replicas'
  const scaledToNothing = async (name: string, handedOver: HandedOverField[]): Promise<void> => {
    expect(await applyOurs(name, field, handedOver)).toBe('201')
    const reply = await controlPlane.request('PATCH', `${pathOf(name, field)}/scale?fieldManager=autoscaler`, {
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 0 } },
    })
    expect(reply.status).toBe(200)
  }

  test('stay where they are handed over', async () => {
    await scaledToNothing('scaled', [field])
    expect(await applyOurs('scaled', field, [field])).toBe('200')
    expect(await live('scaled', field)).toBe(0)
  })

  test('stay where they are handed over afterwards', async () => {
    await scaledToNothing('scaled-first', [])
    expect(await applyOurs('scaled-first', field, [field])).toBe('200')
    expect(await live('scaled-first', field)).toBe(0)
  })

  test('are taken back without a conflict where they are not', async () => {
    await scaledToNothing('scaled-in-vain', [])
    expect(await applyOurs('scaled-in-vain', field, [])).toBe('200')
    expect(await live('scaled-in-vain', field)).toBe(1)
  })
})
