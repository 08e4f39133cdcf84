/** What pruning reads and deletes, on a real API server. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { FIELD_MANAGER } from '../../src/api/group.ts'
import { objectLabels } from '../../src/api/labels.ts'
import { referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { planPrune, prune, rememberedAfter } from '../../src/applier/inventory/pruning.ts'
import { pruneChanges } from '../../src/plan/prune-changes.ts'
import { memberOf } from '../../src/plan/inventory.ts'
import type { Inventory, Member } from '../../src/plan/inventory.ts'
import type { PlannedPrune } from '../../src/plan/prune.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { clusterApi, configMap } from './prune-run.ts'

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'prune')
const api = await clusterApi(controlPlane.kubeconfig)
const group = `prune-${randomBytes(3).toString('hex')}.example.com`
const interrupt = new AbortController().signal

const wanted = memberOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'wanted' })
const setOf = (members: readonly Member[]): Inventory => ({ set: 'shop', namespace, members })
const plan = (members: readonly Member[], by = api): Promise<PlannedPrune[]> =>
  planPrune(by, setOf(members), [wanted], undefined)
const actionsOf = (planned: readonly PlannedPrune[]): string[] =>
  planned.map(
    ({ member, decision }) => `${member.name} ${decision.action === 'keep' ? decision.reason : decision.action}`,
  )

async function applied(object: KubernetesObject, manager = FIELD_MANAGER): Promise<Member> {
  const { metadata } = await api.apply(object, { manager })
  return memberOf(referenceOf(object), metadata.uid)
}

const widget = (name: string): KubernetesObject => ({
  apiVersion: `${group}/v1beta1`,
  kind: 'Widget',
  metadata: { name, namespace },
  spec: { size: 1 },
})

const definition = (served: readonly string[]): KubernetesObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: served.includes(name),
      storage: name === 'v1',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      subresources: { status: {} },
    })),
  },
})

beforeAll(async () => {
  await api.apply(definition(['v1', 'v1beta1']), { manager: FIELD_MANAGER })
  await vi.waitFor(() => applied(widget('first')), { timeout: 15_000, interval: 200 })
})
afterAll(async () => {
  await controlPlane.request('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)
})

describe('the plan', () => {
  test('finds what is there, one by one or by a list', async () => {
    const few = await Promise.all(['few-1', 'few-2'].map((name) => applied(configMap(namespace, name))))
    const many = await Promise.all(
      Array.from({ length: 15 }, (_, index) => applied(configMap(namespace, `many-${index}`))),
    )
    const absent = memberOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'absent' }, 'uid')
    expect(actionsOf(await plan([...few, absent]))).toEqual(['few-1 prune', 'few-2 prune', 'absent gone'])
    const planned = await plan([...many, absent])
    expect(actionsOf(planned)).toEqual([...many.map(({ name }) => `${name} prune`), 'absent gone'])
    const changes = pruneChanges(planned, () => 'no longer wanted')
    expect(changes).toHaveLength(15)
    expect(changes[0]).toMatchObject({ action: 'delete', object: { kind: 'ConfigMap', name: 'many-0' } })
  })

  test('keeps what is protected by its kind or name also where many are read at once', async () => {
    const claims = Array.from({ length: 12 }, (_, index): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: `claim-${index}`, namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }))
    const secrets = Array.from({ length: 12 }, (_, index): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `db-${index}-credentials`, namespace, labels: objectLabels(`db-${index}`) },
      data: {},
    }))
    const members = await Promise.all([...claims, ...secrets].map((object) => applied(object)))
    const reasons = (await plan(members)).map(({ decision }) => decision.action === 'keep' && decision.reason)
    expect(reasons).toEqual([...claims.map(() => 'ProtectedKind'), ...secrets.map(() => 'Credentials')])
  })

  test('tells an object that somebody created again from the one that was recorded', async () => {
    const recorded = await applied(configMap(namespace, 'again'))
    await api.delete(recorded, recorded.uid ?? '')
    await applied(configMap(namespace, 'again'), 'somebody')
    const planned = await plan([recorded])
    expect(actionsOf(planned)).toEqual(['again Recreated'])
    expect(rememberedAfter(planned, [])).toEqual([])
  })

  test('leaves alone what a killed run never came to write', async () => {
    await applied(configMap(namespace, 'theirs'), 'somebody')
    const { uid: _, ...unproved } = await applied(configMap(namespace, 'ours'))
    const theirs = memberOf({ ...unproved, name: 'theirs' })
    expect(actionsOf(await plan([theirs, unproved]))).toEqual(['theirs NotOurs', 'ours prune'])
  })

  test('refuses to run without any manifest', async () => {
    const recorded = await applied(configMap(namespace, 'few-1'))
    await expect(planPrune(api, setOf([recorded]), [], undefined)).rejects.toThrow('there is no manifest')
  })
})

describe('pruning', () => {
  test('deletes as judged: what changed since stays with a reason, and holds up nobody', async () => {
    const members = await Promise.all(
      ['edited', 'replaced', 'removed', 'left'].map((name) => applied(configMap(namespace, name))),
    )
    const planned = await plan(members)
    await api.apply(configMap(namespace, 'edited', 'by somebody'), { manager: 'somebody', force: true })
    const [, replaced, removed] = members
    await api.delete(replaced!, replaced!.uid ?? '')
    await applied(configMap(namespace, 'replaced'), 'somebody')
    await api.delete(removed!, removed!.uid ?? '')
    const seen: string[] = []
    const results = await prune(api, planned, {
      interrupt,
      onResult: (result) => seen.push(result.planned.member.name),
    })
    expect(seen.toSorted()).toEqual(['edited', 'left', 'removed', 'replaced'])
    const refusals = results.flatMap(({ planned: { member }, refusal }) =>
      refusal === undefined ? [] : [`${member.name}: ${refusal.reason}: ${refusal.message}`],
    )
    expect(refusals.toSorted()).toEqual([
      expect.stringMatching(/^edited: ChangedSincePlanned: .*\(its content\)$/),
      expect.stringMatching(/^replaced: ChangedSincePlanned: .*\(it was deleted and created again\)$/),
    ])
    expect(rememberedAfter(planned, results).map(({ name }) => name)).toEqual(['edited', 'replaced'])
    expect(await api.get(members[3]!)).toBeUndefined()
    expect(await api.get(members[0]!)).toBeDefined()
  })

  test('is not held up by a status that a controller writes', async () => {
    const busy = await applied(widget('busy'))
    const planned = await plan([busy])
    await api.apply({ ...widget('busy'), status: { beat: 1 } }, { manager: 'controller', subresource: 'status' })
    expect(await prune(api, planned, { interrupt })).toEqual([{ planned: planned[0] }])
    expect(await api.get(busy)).toBeUndefined()
  })

  test('stops where it is interrupted, and nothing is forgotten', async () => {
    const planned = await plan([await applied(configMap(namespace, 'late'))])
    const results = await prune(api, planned, { interrupt: AbortSignal.abort() })
    expect(results).toEqual([])
    expect(rememberedAfter(planned, results).map(({ name }) => name)).toEqual(['late'])
  })

  test('without the right to delete says which right', async () => {
    const member = await applied(configMap(namespace, 'guarded'))
    const viewer = await clusterApi(await controlPlane.serviceAccountKubeconfig(namespace, 'viewer'))
    const binding = ['create', 'rolebinding', 'viewer', '--clusterrole=view', `--serviceaccount=${namespace}:viewer`]
    expect((await controlPlane.kubectl(['-n', namespace, ...binding])).code).toBe(0)
    await expect.poll(() => plan([member], viewer).then(actionsOf, () => [])).toEqual(['guarded prune'])
    const results = await prune(viewer, await plan([member], viewer), { interrupt })
    expect(results[0]?.refusal).toMatchObject({
      reason: 'Forbidden',
      remedy: `ask for the right to delete configmaps in namespace ${namespace}`,
    })
  })
})

describe('a kind', () => {
  test('that is served in another version only still has its objects', async () => {
    const old = await applied(widget('old'))
    await api.apply(definition(['v1']), { manager: FIELD_MANAGER })
    await expect.poll(() => api.servedVersions(group), { timeout: 15_000 }).toEqual(['v1'])
    const fresh = await clusterApi(controlPlane.kubeconfig)
    await expect
      .poll(
        async () => (await plan([old], fresh)).map(({ member, decision }) => [member.apiVersion, decision.action]),
        {
          timeout: 15_000,
        },
      )
      .toEqual([[`${group}/v1`, 'prune']])
    await prune(fresh, await plan([old], fresh), { interrupt })
    expect(actionsOf(await plan([old], fresh))).toEqual(['old gone'])
  })

  test('that nobody serves any more has none', async () => {
    const lost = memberOf({ apiVersion: 'nobody.example.com/v1', kind: 'Gadget', namespace, name: 'lost' }, 'uid')
    expect(actionsOf(await plan([lost]))).toEqual(['lost gone'])
  })
})
