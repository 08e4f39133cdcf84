import { describe, expect, test } from 'vitest'
import { API_VERSION, FIELD_MANAGER } from '../../src/api/group.ts'
import { objectLabels } from '../../src/api/labels.ts'
import { referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject, ObjectMeta } from '../../src/api/object.ts'
import { memberOf } from '../../src/plan/inventory.ts'
import type { Member } from '../../src/plan/inventory.ts'
import { keptFromDeletion } from '../../src/plan/prune-protection.ts'
import { decidePrunes, needsConfirmation, refuseEmptySet, rememberedOf } from '../../src/plan/prune.ts'
import type { Orphan, PruneContext, PruneDecision } from '../../src/plan/prune.ts'
import { manifestsOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'

const OURS = [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: {} }]

/** A live object that we applied. */
function live(kind: string, metadata: Partial<ObjectMeta> = {}, apiVersion = 'v1'): KubernetesObject {
  const defaults = { name: 'a', namespace: 'shop', uid: 'uid-a', resourceVersion: '7', managedFields: OURS }
  return { apiVersion, kind, metadata: { ...defaults, ...metadata } }
}

const orphanOf = (object: KubernetesObject, uid: string | undefined = object.metadata.uid): Orphan => ({
  member: memberOf(referenceOf(object), uid),
  live: object,
})

const nobodyElse: PruneContext = { desired: [], otherSetOf: () => undefined }

function decide(orphan: Orphan, context: Partial<PruneContext> = {}): PruneDecision | undefined {
  return decidePrunes([orphan], { ...nobodyElse, ...context })[0]?.decision
}

const controlledBy = (
  kind: string,
  name: string,
  uid: string,
  apiVersion: string = API_VERSION,
): Partial<ObjectMeta> => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
})

describe('an orphan', () => {
  test('that is as the set left it goes, as it was judged and no other', () => {
    expect(decide(orphanOf(live('ConfigMap')))).toEqual({ action: 'prune', uid: 'uid-a', resourceVersion: '7' })
  })

  test('that is not there is forgotten', () => {
    expect(decide({ member: orphanOf(live('ConfigMap')).member, live: undefined })).toEqual({ action: 'gone' })
  })

  test('that was created again by somebody else stays and is forgotten', () => {
    const again = live('ConfigMap', { managedFields: [{ manager: 'kubectl', operation: 'Update' }] })
    expect(decide(orphanOf(again, 'uid-before'))).toMatchObject({ reason: 'Recreated', remember: false })
  })

  test('that was created again and may be ours stays, and the set still knows it', () => {
    expect(decide(orphanOf(live('ConfigMap'), 'uid-before'))).toMatchObject({ reason: 'Recreated', remember: true })
  })

  test('of a killed run goes only if the server has it on record that we wrote it', () => {
    const { member } = orphanOf(live('ConfigMap'))
    const unproved = memberOf(member)
    expect(decide({ member: unproved, live: live('ConfigMap') })).toMatchObject({ action: 'prune' })
    const theirs = live('ConfigMap', { managedFields: [{ manager: 'helm', operation: 'Update' }] })
    expect(decide({ member: unproved, live: theirs })).toMatchObject({ reason: 'NotOurs', remember: false })
  })

  test('that was handed over since, so that no field of it is ours, stays', () => {
    const released = live('ConfigMap', { managedFields: [{ manager: 'argocd-controller', operation: 'Apply' }] })
    expect(decide(orphanOf(released))).toMatchObject({ reason: 'NotOurs' })
    const status = live('Widget', {
      managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', subresource: 'status' }],
    })
    expect(decide(orphanOf(status))).toMatchObject({ reason: 'NotOurs' })
  })

  test('that another set knows stays with that set', () => {
    expect(decide(orphanOf(live('ConfigMap')), { otherSetOf: () => 'till (namespace shop)' })).toMatchObject({
      reason: 'OtherSet',
      note: 'it is a member of set till (namespace shop)',
      remember: false,
    })
  })

  test('that somebody tracks now stays with them', () => {
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'shop',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    }
    expect(decide(orphanOf(live('ConfigMap', { labels })))).toMatchObject({
      reason: 'TrackedElsewhere',
      note: 'it is managed by Flux Kustomization flux-system/shop',
      remember: false,
    })
  })

  test('that is being deleted is left to that, and stays known until it is gone', () => {
    const deleting = live('ConfigMap', { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/slow'] })
    expect(decide(orphanOf(deleting))).toMatchObject({
      reason: 'Deleting',
      note: 'it is being deleted and waits for example.com/slow',
      remember: true,
    })
  })

  test('that is a desired object under another API group stays', () => {
    const desired: Member = memberOf({ apiVersion: 'events.k8s.io/v1', kind: 'Event', name: 'a' }, 'uid-a')
    expect(decide(orphanOf(live('Event')), { desired: [desired] })).toMatchObject({ reason: 'StillDesired' })
  })
})

describe('what is never pruned', () => {
  test.each([
    ['Namespace', 'v1'],
    ['PersistentVolume', 'v1'],
    ['PersistentVolumeClaim', 'v1'],
    ['CustomResourceDefinition', 'apiextensions.k8s.io/v1'],
  ])('%s', (kind, apiVersion) => {
    expect(decide(orphanOf(live(kind, {}, apiVersion)))).toMatchObject({ reason: 'ProtectedKind', remember: true })
  })

  test('a kind of that name in another group is just an object', () => {
    expect(decide(orphanOf(live('Namespace', {}, 'example.com/v1')))).toMatchObject({ action: 'prune' })
  })

  test('the credentials of a database, by name and labels', () => {
    const secret = live('Secret', { name: 'orders-credentials', labels: objectLabels('orders') })
    expect(decide(orphanOf(secret))).toMatchObject({ reason: 'Credentials', remember: true })
    const other = live('Secret', { name: 'orders-extra', labels: objectLabels('orders') })
    expect(decide(orphanOf(other))).toMatchObject({ action: 'prune' })
  })

  test('a Secret with a password that we generated, whatever became of its name and labels', () => {
    const managedFields = [...OURS, { manager: 'cdk8s-database-credentials', operation: 'Apply' }]
    expect(decide(orphanOf(live('Secret', { managedFields })))).toMatchObject({ reason: 'Credentials' })
  })

  test('a Database that is protected from deletion', () => {
    const database = live('Database', {}, 'database.example.com/v1')
    expect(decide(orphanOf({ ...database, spec: { deletionProtection: true } }))).toMatchObject({
      reason: 'DeletionProtection',
      note: 'spec.deletionProtection is true',
      remember: true,
    })
    expect(decide(orphanOf({ ...database, spec: { deletionProtection: false } }))).toMatchObject({ action: 'prune' })
  })

  test.each([
    ['database.example.com/prune', 'disabled'],
    ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
    ['kustomize.toolkit.fluxcd.io/prune', 'Disabled'],
    ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
    ['argocd.argoproj.io/sync-options', 'Prune=false'],
    ['argocd.argoproj.io/sync-options', 'ServerSideApply=true, Prune=confirm'],
    ['helm.sh/resource-policy', 'keep'],
    ['kapp.k14s.io/delete-strategy', 'orphan'],
    ['client.lifecycle.config.k8s.io/deletion', 'detach'],
    ['cli-utils.sigs.k8s.io/on-remove', 'keep'],
    ['action.timoni.sh/prune', 'disabled'],
    ['kluctl.io/skip-delete', 'true'],
  ])('an object with %s: %s', (key, value) => {
    const decision = decide(orphanOf(live('ConfigMap', { annotations: { [key]: value } })))
    expect(decision).toMatchObject({
      reason: 'Annotated',
      note: `annotated ${key}: ${value}`,
      remedy: `allow it and run again: kubectl -n shop annotate configmap/a ${key}-`,
      remember: true,
    })
  })

  test.each([
    ['kustomize.toolkit.fluxcd.io/prune', 'enabled'],
    ['argocd.argoproj.io/sync-options', 'Prune=true,Delete=false'],
    ['argocd.argoproj.io/sync-options', 'NoPrune=false'],
    ['helm.sh/resource-policy', ''],
    ['example.com/prune', 'disabled'],
  ])('but not one with %s: %s', (key, value) => {
    expect(decide(orphanOf(live('ConfigMap', { annotations: { [key]: value } })))).toMatchObject({ action: 'prune' })
  })
})

describe('what a person deletes by its manifests', () => {
  const keptWith = (annotations: Record<string, string>): string | undefined =>
    keptFromDeletion(live('ConfigMap', { annotations }))

  test.each([
    ['argocd.argoproj.io/sync-options', 'Prune=false, Delete=false'],
    ['helm.sh/resource-policy', 'keep'],
    ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
    ['cli-utils.sigs.k8s.io/on-remove', 'keep'],
  ])('stays with %s: %s', (key, value) => {
    expect(keptWith({ [key]: value, 'example.com/other': 'x' })).toBe(`annotated ${key}: ${value}`)
  })

  test.each([
    ['argocd.argoproj.io/sync-options', 'Prune=false'],
    ['argocd.argoproj.io/sync-options', 'Delete=confirm'],
    ['helm.sh/resource-policy', ''],
  ])('goes with %s: %s', (key, value) => {
    expect(keptWith({ [key]: value })).toBeUndefined()
  })
})

describe('a Database that disappears from the manifests', () => {
  const manifests = manifestsOf('orders', SCENARIOS['orders']!)
  const applied = manifests.map((object, index): KubernetesObject => {
    const isChild = object.kind !== 'Database' && object.kind !== 'CustomResourceDefinition' && object.kind !== 'Secret'
    return {
      ...object,
      metadata: {
        ...object.metadata,
        uid: object.kind === 'Database' ? 'uid-database' : `uid-${index}`,
        resourceVersion: '7',
        managedFields: OURS,
        ...(isChild
          ? controlledBy('Database', object.metadata.labels?.['app.kubernetes.io/instance'] ?? '', 'uid-database')
          : {}),
      },
    }
  })
  const withoutAnnotations = (object: KubernetesObject): KubernetesObject =>
    object.kind === 'Database' ? { ...object, metadata: { ...object.metadata, annotations: {} } } : object
  const actionsOf = (objects: readonly KubernetesObject[]): string[] =>
    decidePrunes(
      objects.map((object) => orphanOf(object)),
      nobodyElse,
    ).map(({ decision }) => decision.action)
  const decideAll = (objects: readonly KubernetesObject[]): Map<string, PruneDecision> =>
    new Map(
      decidePrunes(
        objects.map((object) => orphanOf(object)),
        nobodyElse,
      ).map(({ member, decision }) => [member.kind, decision]),
    )

  test('stays, because its own annotations for Flux and Argo CD hold here too', () => {
    const decision = decideAll(applied).get('Database')
    expect(decision).toMatchObject({ action: 'keep', reason: 'Annotated', remember: true })
    expect(decision).toHaveProperty('remedy', expect.stringContaining('cdk8s-database delete'))
    expect(decision).toHaveProperty(
      'remedy',
      expect.stringMatching(
        /annotate database\.database\.example\.com\/\S+ argocd\.argoproj\.io\/sync-options- kustomize\.toolkit\.fluxcd\.io\/prune-$/,
      ),
    )
  })

  test('and everything that is part of it stays with it: nothing of it is deleted', () => {
    expect(new Set(actionsOf(applied))).toEqual(new Set(['keep']))
    expect(decideAll(applied).get('StatefulSet')).toMatchObject({ reason: 'OwnerKept', remember: true })
  })

  test('also where its parts have no owner yet and only their labels tell', () => {
    const unowned = applied.map((object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [] } }))
    expect(decideAll(unowned).get('StatefulSet')).toMatchObject({ reason: 'OwnerKept' })
  })

  test('goes when a person has removed the annotations; credentials and definition stay', () => {
    const decisions = decideAll(applied.map(withoutAnnotations))
    const stays = [...decisions].filter(([, { action }]) => action === 'keep').map(([kind]) => kind)
    expect(decisions.get('Database')).toMatchObject({ action: 'prune', uid: 'uid-database' })
    expect(decisions.get('StatefulSet')).toMatchObject({ action: 'prune' })
    expect(stays.toSorted()).toEqual(expect.arrayContaining(['Secret']))
    expect(stays.filter((kind) => !['Secret', 'CustomResourceDefinition'].includes(kind))).toEqual([])
  })

  test('that is still desired loses only the part that is not', () => {
    const policy = applied.find(({ kind }) => kind === 'NetworkPolicy') ?? live('NetworkPolicy')
    const database = applied.find(({ kind }) => kind === 'Database') ?? live('Database')
    expect(decide(orphanOf(policy), { desired: [memberOf(referenceOf(database), 'uid-database')] })).toMatchObject({
      action: 'prune',
    })
  })
})

describe('an object with a controller', () => {
  test('that is in no set stays', () => {
    const pod = live('Pod', controlledBy('ReplicaSet', 'web', 'uid-web', 'apps/v1'))
    expect(decide(orphanOf(pod))).toMatchObject({
      reason: 'ControlledElsewhere',
      note: 'it is controlled by ReplicaSet web, which is not in this set',
    })
  })

  test('that goes too goes', () => {
    const owner = live('Widget', { name: 'owner', uid: 'uid-owner' }, 'example.com/v1')
    const owned = live('ConfigMap', controlledBy('Widget', 'owner', 'uid-owner', 'example.com/v1'))
    const decisions = decidePrunes([orphanOf(owned), orphanOf(owner)], nobodyElse)
    expect(decisions.map(({ decision }) => decision.action)).toEqual(['prune', 'prune'])
  })

  test('that stays keeps it, through any number of owners', () => {
    const annotations = { 'helm.sh/resource-policy': 'keep' }
    const objects = [
      live('ConfigMap', {
        name: 'leaf',
        uid: 'uid-leaf',
        ...controlledBy('Widget', 'middle', 'uid-middle', 'example.com/v1'),
      }),
      live(
        'Widget',
        { name: 'middle', uid: 'uid-middle', ...controlledBy('Widget', 'root', 'uid-root', 'example.com/v1') },
        'example.com/v1',
      ),
      live('Widget', { name: 'root', uid: 'uid-root', annotations }, 'example.com/v1'),
    ]
    const decisions = decidePrunes(
      objects.map((object) => orphanOf(object)),
      nobodyElse,
    )
    expect(decisions.map(({ decision }) => (decision.action === 'keep' ? decision.reason : decision.action))).toEqual([
      'OwnerKept',
      'OwnerKept',
      'Annotated',
    ])
    expect(rememberedOf(decisions)).toHaveLength(3)
  })

  test('that names it as owner in turn ends the question', () => {
    const left = live(
      'Widget',
      { name: 'l', uid: 'uid-l', ...controlledBy('Widget', 'r', 'uid-r', 'example.com/v1') },
      'example.com/v1',
    )
    const right = live(
      'Widget',
      { name: 'r', uid: 'uid-r', ...controlledBy('Widget', 'l', 'uid-l', 'example.com/v1') },
      'example.com/v1',
    )
    const decisions = decidePrunes([orphanOf(left), orphanOf(right)], nobodyElse)
    expect(decisions.map(({ decision }) => decision.action)).toEqual(['prune', 'prune'])
  })

  test('of a deleted namesake goes', () => {
    const owned = live('ConfigMap', controlledBy('Database', 'orders', 'uid-before'))
    const desired = [
      memberOf({ apiVersion: API_VERSION, kind: 'Database', namespace: 'shop', name: 'orders' }, 'uid-now'),
    ]
    expect(decide(orphanOf(owned), { desired })).toMatchObject({ action: 'prune' })
  })
})

describe('a set', () => {
  const inventory = {
    set: 'shop',
    namespace: 'till',
    members: ['a', 'b', 'c', 'd'].map((name) => orphanOf(live('ConfigMap', { name })).member),
  }
  const planned = (count: number): ReturnType<typeof decidePrunes> =>
    decidePrunes(
      inventory.members.slice(0, count).map((member) => ({ member, live: live('ConfigMap', { name: member.name }) })),
      nobodyElse,
    )

  test('is never pruned down to nothing', () => {
    expect(() => refuseEmptySet(inventory, [])).toThrow('--prune would delete all 4 objects of set shop')
    expect(() => refuseEmptySet(inventory, [inventory.members[0]!])).not.toThrow()
    expect(() => refuseEmptySet({ ...inventory, members: [] }, [])).not.toThrow()
  })

  test('that loses up to half of its objects is not asked about', () => {
    expect(needsConfirmation(inventory, planned(2))).toBeUndefined()
  })

  test('that loses more is, with the figure', () => {
    expect(needsConfirmation(inventory, planned(3))).toBe('--prune would delete 3 of the 4 objects of set shop (75 %)')
  })
})
