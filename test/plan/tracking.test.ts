import { describe, expect, test } from 'vitest'
import { objectLabels } from '../../src/api/labels.ts'
import type { KubernetesObject, ObjectMeta } from '../../src/api/object.ts'
import { trackedBy } from '../../src/plan/tracking.ts'

const statefulSet = (metadata: Partial<ObjectMeta>): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'orders', namespace: 'shop', ...metadata },
})
const ownerOf = (metadata: Partial<ObjectMeta>): string | undefined => trackedBy(statefulSet(metadata))?.owner

const TRACKED: readonly (readonly [string, Partial<ObjectMeta>])[] = [
  [
    'Argo CD application shop',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/StatefulSet:shop/orders' } },
  ],
  // Applications outside of Argo CD's own namespace.
  [
    'Argo CD application team-a_shop',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'team-a_shop:apps/StatefulSet:shop/orders' } },
  ],
  ['Argo CD application shop', { labels: { 'argocd.argoproj.io/instance': 'shop' } }],
  ['Argo CD', { managedFields: [{ manager: 'argocd-controller', fieldsV1: { 'f:spec': {} } }] }],
  [
    'Flux Kustomization flux-system/apps',
    {
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    },
  ],
  [
    'Flux HelmRelease shop/orders',
    {
      labels: {
        'app.kubernetes.io/managed-by': 'Helm',
        'helm.toolkit.fluxcd.io/name': 'orders',
        'helm.toolkit.fluxcd.io/namespace': 'shop',
      },
      annotations: { 'meta.helm.sh/release-name': 'orders', 'meta.helm.sh/release-namespace': 'shop' },
    },
  ],
  [
    'Helm release shop/orders',
    { annotations: { 'meta.helm.sh/release-name': 'orders', 'meta.helm.sh/release-namespace': 'shop' } },
  ],
  [
    'Timoni instance shop/orders',
    { labels: { 'instance.timoni.sh/name': 'orders', 'instance.timoni.sh/namespace': 'shop' } },
  ],
  ['kapp app 1700000000000000000', { labels: { 'kapp.k14s.io/app': '1700000000000000000' } }],
  ['kluctl deployment shop-prod', { labels: { 'kluctl.io/discriminator': 'shop-prod' } }],
  ['ApplySet applyset-abc-v1', { labels: { 'applyset.kubernetes.io/part-of': 'applyset-abc-v1' } }],
  ['inventory 1234', { annotations: { 'config.k8s.io/owning-inventory': '1234' } }],
]

const UNTRACKED: readonly (readonly [string, Partial<ObjectMeta>])[] = [
  ['our own labels', { labels: objectLabels('orders') }],
  ['the label that Argo CD may track by, which everybody sets', { labels: { 'app.kubernetes.io/instance': 'shop' } }],
  ["Helm's label alone, of a chart that somebody rendered", { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
  [
    'a tracking id that was copied from another object',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/StatefulSet:shop/other' } },
  ],
  [
    'an Argo CD that wrote nothing but metadata and status',
    {
      managedFields: [
        { manager: 'argocd-controller', fieldsV1: { 'f:metadata': {} } },
        { manager: 'argocd-controller', subresource: 'status', fieldsV1: { 'f:status': {} } },
      ],
    },
  ],
  ['nothing at all', {}],
]

describe('who tracks an object', () => {
  test.each(TRACKED)('%s', (owner, metadata) => {
    expect(ownerOf(metadata)).toBe(owner)
  })

  test.each(UNTRACKED)('nobody, by %s', (_, metadata) => {
    expect(ownerOf(metadata)).toBeUndefined()
  })

  test('a release of Flux carries the marks of Helm too, and all of them go with it', () => {
    const found = trackedBy(statefulSet(TRACKED.find(([owner]) => owner.startsWith('Flux HelmRelease'))?.[1] ?? {}))
    expect(found?.labels).toContain('app.kubernetes.io/managed-by')
    expect(found?.annotations).toContain('meta.helm.sh/release-name')
  })
})
