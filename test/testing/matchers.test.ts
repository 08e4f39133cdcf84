import { App, Chart } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { goldenText, manifestsOf } from '../../src/testing/index.ts'
import { manifestsOf as manifestsOfProps } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'

const PROPS = SCENARIOS['orders'] as DatabaseProps

const chartOf = (change: Partial<DatabaseProps> = {}): Chart => {
  const chart = new Chart(new App(), 'shop', { namespace: 'shop' })
  new Database(chart, 'orders', { ...PROPS, ...change })
  return chart
}

/** What a matcher says when it fails. */
function wordsOf(assertion: () => void): string {
  try {
    assertion()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it does not fail')
}

describe('manifests are had from', () => {
  const expected = ['Database', 'StatefulSet']

  test.each([
    ['a chart', () => chartOf()],
    ['an app', () => chartOf().node.root],
    ['a construct', () => chartOf().node.findChild('orders')],
    ['objects', () => chartOf().toJson()],
    ['YAML', () => goldenText(chartOf())],
  ])('%s', (_what, make) => {
    const kinds = manifestsOf(make()).map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(expected))
    expect(new Set(kinds).size).toBe(kinds.length - 1) // two Services
  })

  test('nothing else, and it says what it got', () => {
    expect(() => manifestsOf({ some: 'thing' })).toThrow(
      'expected an App, a Chart, a construct, manifests or their YAML, got an object with some',
    )
    expect(() => manifestsOf(7)).toThrow('got number')
  })
})

describe('every database of this project', () => {
  test.each(Object.entries(SCENARIOS))(
    '%s is restricted; it retains its data unless its policy says otherwise',
    (name, props) => {
      const manifests = manifestsOfProps(name, props)
      expect(manifests).toBeRestrictedPodSecurity()
      if (props.deletionPolicy === 'Delete') expect(manifests).not.toRetainData()
      else expect(manifests).toRetainData()
      expect(manifests).toNotRestart(manifests)
    },
  )
})

describe('toBeRestrictedPodSecurity', () => {
  const loosened = (): string =>
    goldenText(chartOf()).replaceAll('allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true')

  test('names object and field', () => {
    expect(wordsOf(() => expect(loosened()).toBeRestrictedPodSecurity())).toBe(
      [
        'expected every pod to keep to the restricted Pod Security Standard, but:',
        ...['initContainers[name=bootstrap]', 'containers[name=postgres]'].map(
          (container) =>
            `  StatefulSet shop/orders: spec.template.spec.${container}.securityContext.allowPrivilegeEscalation must be false`,
        ),
      ].join('\n'),
    )
  })

  test('can be denied', () => {
    expect(loosened()).not.toBeRestrictedPodSecurity()
    expect(wordsOf(() => expect(chartOf()).not.toBeRestrictedPodSecurity())).toContain('but all 1 do')
  })
})

describe('toRetainData', () => {
  const yaml = goldenText(chartOf())
  test.each([
    [
      'deletionPolicy: Retain',
      'deletionPolicy: Delete',
      'Database shop/orders: spec.deletionPolicy must be Retain: volumes and credentials go with the Database',
    ],
    [
      'whenScaled: Retain',
      'whenScaled: Delete',
      'StatefulSet shop/orders: spec.persistentVolumeClaimRetentionPolicy.whenScaled must be Retain',
    ],
    [
      'whenDeleted: Retain',
      'whenDeleted: Delete',
      'StatefulSet shop/orders: spec.persistentVolumeClaimRetentionPolicy.whenDeleted must be Retain',
    ],
    [
      'mountPath: /var/lib/postgresql\n',
      'mountPath: /somewhere/else\n',
      'StatefulSet shop/orders: spec.template.spec.containers[name=postgres].volumeMounts must hold a claim for /var/lib/postgresql/18/docker: nothing is mounted there',
    ],
    [
      'kustomize.toolkit.fluxcd.io/prune: disabled',
      'kustomize.toolkit.fluxcd.io/prune: enabled',
      'Secret shop/orders-credentials: metadata.annotations["kustomize.toolkit.fluxcd.io/prune"] must protect it',
    ],
  ])('names object and field where %j becomes %j', (before, after, words) => {
    expect(yaml).toContain(before)
    expect(wordsOf(() => expect(yaml.replaceAll(before, after)).toRetainData())).toContain(words)
  })

  test('wants no owner of a claim', () => {
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'orders', uid: 'u' }]
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data-orders-0', ownerReferences },
    }
    expect(wordsOf(() => expect(claim).toRetainData())).toContain('it goes with StatefulSet orders')
  })
})

describe('toNotRestart', () => {
  test.each<[string, Partial<DatabaseProps>]>([
    ['a parameter that is reloaded', { parameters: { work_mem: '8MB' } }],
    ['a larger volume', { storage: { size: '20Gi' } }],
    ['a network policy', { network: { allowFrom: [{ podSelector: { matchLabels: { app: 'shop' } } }] } }],
    ['a label', { labels: { team: 'shop' } }],
    ['the policy of deletion', { deletionPolicy: 'Delete' }],
  ])('holds for %s', (_what, change) => {
    expect(chartOf(change)).toNotRestart(chartOf())
  })

  test.each<[string, Partial<DatabaseProps>, string]>([
    [
      'another image',
      { image: 'postgres:18.5-trixie' },
      'Database shop/orders: spec.image "postgres:18.4-trixie" → "postgres:18.5-trixie": restart, because the pod is replaced by one of this image',
    ],
    ['a parameter that only a start takes over', { parameters: { max_connections: 300 } }, ': restart, because'],
    ['a volume that shrinks', { storage: { size: '5Gi' } }, 'spec.storage.size "10Gi" → "5Gi": refused, because'],
    ['another major', { image: 'postgres:17.6-trixie' }, ': refused, because another major cannot use the data'],
  ])('fails for %s, with the words of the impact table', (_what, change, words) => {
    expect(wordsOf(() => expect(chartOf(change)).toNotRestart(chartOf()))).toContain(words)
  })

  test('fails where a database is no longer there, and holds where one is new', () => {
    const both = [...chartOf().toJson(), ...manifestsOfProps('bills', PROPS)]
    expect(both).toNotRestart(chartOf())
    expect(wordsOf(() => expect(chartOf()).toNotRestart(both))).toContain('Database shop/bills: restart, because')
  })

  test('fails where nobody knows what a field does', () => {
    const text = goldenText(chartOf())
    const unknown = text.replace('serviceName: orders-pods', 'serviceName: orders-pods\n  brandNewField: 1')
    expect(wordsOf(() => expect(unknown).toNotRestart(text))).toContain(
      'StatefulSet shop/orders: spec.brandNewField (none) → 1: unknown, because the impact table does not know this field',
    )
  })

  test('passes over what is none of a database', () => {
    const other = (image: string): object => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'queue', namespace: 'shop' },
      spec: { template: { spec: { containers: [{ name: 'a', image }] } } },
    })
    expect([other('a:2')]).toNotRestart([other('a:1')] as never)
  })
})
