import { App, Chart, Size } from 'cdk8s'
import { Cpu } from 'cdk8s-plus-28'
import { describe, expect, test } from 'vitest'
import { CHILDREN_ANNOTATION } from '../../src/api/group.ts'
import { DatabaseCrd } from '../../src/constructs/database-crd.ts'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { issuesOf, manifest, manifestsOf } from './manifests-of.ts'

const PROPS: DatabaseProps = {
  image: 'postgres:16.4-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: '10Gi' },
}

const chartIn = (app: App, id: string, namespace?: string): Chart =>
  new Chart(app, id, namespace === undefined ? {} : { namespace })

describe('a Database', () => {
  test('takes its name from the construct and its namespace from the chart, or both from the props', () => {
    const chart = chartIn(new App(), 'shop', 'shop')
    const plain = new Database(chart, 'orders', PROPS)
    expect([plain.name, plain.namespace, plain.secretName, plain.endpoint]).toEqual([
      'orders',
      'shop',
      'orders-credentials',
      'orders.shop.svc.cluster.local:5432',
    ])
    const other = new Database(chart, 'Anything', { ...PROPS, name: 'billing', namespace: 'finance' })
    expect([other.name, other.namespace]).toEqual(['billing', 'finance'])
    expect(other.children?.statefulSet.metadata.namespace).toBe('finance')
  })

  test('writes sizes and CPUs as quantities in the largest unit that holds them', () => {
    const [resource] = manifestsOf('orders', {
      ...PROPS,
      storage: { size: Size.mebibytes(10_240) },
      resources: {
        requests: { cpu: Cpu.millis(1500), memory: Size.mebibytes(1536) },
        limits: { cpu: Cpu.units(2), memory: Size.gibibytes(2) },
      },
    })
    expect(resource?.['spec']).toMatchObject({
      storage: { size: '10Gi' },
      resources: { requests: { cpu: '1500m', memory: '1536Mi' }, limits: { cpu: '2', memory: '2Gi' } },
    })
  })

  test('writes parameters as text: on and off for booleans', () => {
    const [resource] = manifestsOf('orders', {
      ...PROPS,
      parameters: { jit: false, autovacuum: true, max_connections: 50 },
    })
    expect(resource?.['spec']).toMatchObject({ parameters: { jit: 'off', autovacuum: 'on', max_connections: '50' } })
  })

  test('writes the same for a property that is undefined as for one that is absent', () => {
    const undefinedOnes = {
      ...PROPS,
      resources: undefined,
      parameters: undefined,
      network: undefined,
      paused: undefined,
    }
    expect(manifestsOf('orders', undefinedOnes as unknown as DatabaseProps)).toEqual(manifestsOf('orders', PROPS))
  })

  test('keeps labels and annotations of the user, but for those that choose and mark', () => {
    const [resource] = manifestsOf('orders', {
      ...PROPS,
      labels: { team: 'shop', 'app.kubernetes.io/name': 'mine' },
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false', [CHILDREN_ANNOTATION]: 'reconciled' },
    })
    expect(resource?.metadata.labels).toMatchObject({ team: 'shop', 'app.kubernetes.io/name': 'postgresql' })
    expect(resource?.metadata.annotations).toMatchObject({
      'argocd.argoproj.io/sync-options': 'Prune=false',
      [CHILDREN_ANNOTATION]: 'rendered',
    })
  })

  test('that is reconciled stands alone and says nothing about rendered children', () => {
    const manifests = manifestsOf('orders', { ...PROPS, children: 'reconciled' })
    expect(manifests.map(({ kind }) => kind)).toEqual(['Database'])
    expect(manifests[0]?.metadata.annotations).not.toHaveProperty([CHILDREN_ANNOTATION])
  })

  test('puts the Secret and the NetworkPolicy before the StatefulSet', () => {
    const kinds = manifestsOf('orders', PROPS).map(({ kind }) => kind)
    expect(kinds).toEqual([
      'Database',
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'Secret',
      'ConfigMap',
      'NetworkPolicy',
      'StatefulSet',
      'Service',
      'Service',
    ])
  })

  test('makes no Secret where the spec names an existing one', () => {
    const kinds = manifestsOf('orders', { ...PROPS, credentials: { existingSecret: { name: 'mine' } } }).map(
      ({ kind }) => kind,
    )
    expect(kinds).not.toContain('Secret')
  })
})

describe('synthesis fails', () => {
  const issues = (props: object, namespace: string | undefined = 'shop', id = 'orders'): string[] => {
    const app = new App()
    new Database(chartIn(app, 'chart', namespace), id, { ...PROPS, ...props })
    return issuesOf(app)
  }

  test('with everything that is wrong, and the path of the construct', () => {
    expect(issues({ image: 'postgres', replicas: 6, storage: { size: '1 Gi' } }, 'shop', 'Orders')).toEqual([
      '[chart/Orders] metadata.name must be lower-case letters, digits and dashes, beginning with a letter, for example orders',
      '[chart/Orders] image must be a reference with a tag or a digest, for example postgres:16.4-bookworm',
      '[chart/Orders] spec.replicas: replicas must be at most 5: one primary and 4 standbys',
      '[chart/Orders] storage.size must be a quantity of at least 256Mi, for example 10Gi',
      '[chart/Orders] image does not tell the PostgreSQL major: set postgresVersion to one of 14, 15, 16, 17, 18',
    ])
  })

  test('for a password among the props, naming what to do instead', () => {
    const [issue, ...more] = issues({ password: 'hunter2' })
    expect(more).toEqual([])
    expect(issue).toMatch(
      /^\[chart\/orders\] password holds a password, which would end up in Git: .*generated.*credentials\.existingSecret.*credentials\.externalSecret$/,
    )
    expect(issue).not.toContain('hunter2')
  })

  test.each<[string, object, string]>([
    ['a parameter', { parameters: { primary_conninfo: 'host=db password=hunter2' } }, 'parameters.primary_conninfo'],
    ['a command', { parameters: { archive_command: 'put --token hunter2 %p' } }, 'parameters.archive_command'],
    ['an unknown prop', { uri: 'postgresql://orders_app:hunter2@db/orders' }, 'uri'],
    ['an annotation', { annotations: { source: 'postgres://a:hunter2@db/orders' } }, 'annotations.source'],
    ['an image', { image: 'https://me:hunter2@registry.internal/postgres:16' }, 'image'],
    ['credentials', { credentials: { existingSecret: { name: 'x' }, uri: 'postgres://a:hunter2@b/c' } }, 'credentials'],
  ])('for a password in %s, which is named and not shown', (_, props, place) => {
    const found = issues(props)
    expect(found.join('\n')).toContain(`[chart/orders] ${place} holds a password, which would end up in Git`)
    expect(found.join('\n')).not.toContain('hunter2')
  })

  test('not for settings and notes that only speak of passwords', () => {
    const parameters = { 'credcheck.password_min_length': '12', log_line_prefix: '%m password %p ' }
    const annotations = { note: 'token: see the wiki', docs: 'https://wiki.internal/passwords' }
    expect(issues({ parameters, annotations, credentials: { existingSecret: { name: 'db-password' } } })).toEqual([])
  })

  test('for a field that cannot be handed over, naming those that can', () => {
    expect(issues({ handedOver: ['statefulSet.image'] })).toEqual([
      '[chart/orders] spec.handedOver.0: invalid option: expected one of "statefulSet.replicas"|"statefulSet.resources"|"service.type"|"networkPolicy.ingress"',
    ])
  })

  test('for a password among the credentials', () => {
    const [issue] = issues({ credentials: { existingSecret: { name: 'x' }, password: 'hunter2' } })
    expect(issue).toMatch(
      /^\[chart\/orders\] unknown field spec\.credentials\.password: .*credentials\.existingSecret$/,
    )
  })

  test('for rendered children without a namespace, and not for reconciled ones', () => {
    const app = new App()
    const chart = chartIn(app, 'chart')
    const rendered = new Database(chart, 'orders', PROPS)
    new Database(chart, 'billing', { ...PROPS, children: 'reconciled' })
    expect(issuesOf(app)).toEqual([
      "[chart/orders] rendered children name their namespace: give the chart one (new Chart(app, id, { namespace: 'shop' })), or use children: 'reconciled'",
    ])
    expect(() => rendered.endpoint).toThrow('chart/orders: rendered children name their namespace')
  })

  test('for two databases of one name in one namespace, naming both constructs', () => {
    const app = new App()
    new Database(chartIn(app, 'first', 'shop'), 'orders', PROPS)
    new Database(chartIn(app, 'second', 'shop'), 'also', { ...PROPS, name: 'orders', children: 'reconciled' })
    expect(issuesOf(app)).toEqual([
      '[second/also] the Service orders in namespace shop belongs to first/orders already: choose another name',
    ])
  })

  test('for a database that is called like the headless Service of another, whichever comes first', () => {
    for (const [one, two, taken] of [
      ['orders', 'orders-pods', 'orders-pods'],
      ['orders-pods', 'orders', 'orders-pods'],
    ] as const) {
      const app = new App()
      const chart = chartIn(app, 'shop', 'shop')
      new Database(chart, one, PROPS)
      new Database(chart, two, PROPS)
      expect(issuesOf(app)).toEqual([
        `[shop/${two}] the Service ${taken} in namespace shop belongs to shop/${one} already: choose another name`,
      ])
    }
  })

  test('for two databases whose volumes would have one name', () => {
    const app = new App()
    const chart = chartIn(app, 'shop', 'shop')
    const storage = { size: '10Gi', layout: 'legacy', claimTemplate: 'data-shop' } as const
    new Database(chart, 'shop-orders', PROPS)
    new Database(chart, 'orders', { ...PROPS, storage })
    expect(issuesOf(app).at(-1)).toBe(
      '[shop/orders] the PersistentVolumeClaim data-shop-orders-0 in namespace shop belongs to shop/shop-orders already: choose another name',
    )
  })

  test('not for two databases of one name in two namespaces or two apps', () => {
    for (const app of [new App(), new App()]) {
      new Database(chartIn(app, 'one', 'one'), 'orders', PROPS)
      new Database(chartIn(app, 'two', 'two'), 'orders', PROPS)
      expect(issuesOf(app)).toEqual([])
    }
  })
})

describe('the CustomResourceDefinition', () => {
  test('stands once in an app of many databases and charts, in a chart of its own without a namespace', () => {
    const app = new App()
    for (const id of ['one', 'two']) {
      const chart = chartIn(app, id, id)
      new Database(chart, 'orders', PROPS)
      new Database(chart, 'billing', PROPS)
    }
    const charts = app.charts.filter((chart) =>
      (chart.toJson() as { kind: string }[]).some(({ kind }) => kind === 'CustomResourceDefinition'),
    )
    expect(charts.map(({ node }) => node.id)).toEqual(['database-crd'])
    const [definition, ...more] = (charts[0]?.toJson() ?? []) as { metadata: object }[]
    expect(more).toEqual([])
    expect(definition?.metadata).not.toHaveProperty('namespace')
    expect(issuesOf(app)).toEqual([])
  })

  test('is the one that the user placed before', () => {
    const app = new App()
    const placed = new DatabaseCrd(app, 'definitions')
    new Database(chartIn(app, 'shop', 'shop'), 'orders', PROPS)
    expect(DatabaseCrd.ensure(app)).toBe(placed)
    expect(app.charts.map(({ node }) => node.id).toSorted()).toEqual(['definitions', 'shop'])
  })
})

describe('a Secret that the External Secrets Operator makes', () => {
  const made = manifestsOf('orders', { ...PROPS, credentials: { externalSecret: { length: 40, immutable: false } } })

  test('is asked for once, outlives what asks for it, and has the keys of a generated one', () => {
    const external = manifest(made, 'ExternalSecret')
    expect(external['spec']).toMatchObject({
      refreshPolicy: 'CreatedOnce',
      target: { name: 'orders-credentials', creationPolicy: 'Orphan', deletionPolicy: 'Retain', immutable: false },
    })
    const { target } = external['spec'] as { target: { template: { data: Record<string, string> } } }
    const generated = manifest(manifestsOf('orders', PROPS), 'Secret')['data'] as object
    const keys = [...Object.keys(generated), 'password', 'uri', 'jdbc-uri', 'pgpass']
    expect(Object.keys(target.template.data).toSorted()).toEqual(keys.toSorted())
    expect(target.template.data['uri']).toMatch(/^postgresql:\/\/orders_app:\{\{ \.password \}\}@orders\.shop\.svc/)
    expect(manifest(made, 'Password')['spec']).toMatchObject({ length: 40, symbols: 0 })
  })

  test('is an existing one to the Database, and named by the construct', () => {
    expect(manifest(made, 'Database')['spec']).toMatchObject({
      credentials: { existingSecret: { name: 'orders-credentials' } },
    })
    expect(made.filter(({ kind }) => kind === 'Secret')).toEqual([])
    const chart = chartIn(new App(), 'chart', 'shop')
    const named = new Database(chart, 'orders', { ...PROPS, credentials: { existingSecret: { name: 'from-vault' } } })
    expect(named.secretName).toBe('from-vault')
  })

  test('is no child: the Database neither owns it nor counts it among what it is made of', () => {
    for (const kind of ['ExternalSecret', 'Password'])
      expect(manifest(made, kind).metadata.labels).not.toHaveProperty(['app.kubernetes.io/managed-by'])
  })

  test('is refused with a password that is too short, and without a namespace', () => {
    const app = new App()
    const chart = chartIn(app, 'chart')
    const credentials = { externalSecret: { length: 8 } }
    new Database(chart, 'orders', { ...PROPS, children: 'reconciled', credentials })
    expect(issuesOf(app)).toEqual([
      '[chart/orders] credentials.externalSecret.length must be a whole number from 24 to 128',
      expect.stringContaining('credentials.externalSecret writes host names'),
    ])
  })
})

describe('no manifest holds a password', () => {
  test('nor a key where one would stand', () => {
    const secret = manifest(manifestsOf('orders', PROPS), 'Secret')
    const keys = Object.keys(secret['data'] as object)
    expect(keys.toSorted()).toEqual(['database', 'dbname', 'host', 'port', 'provider', 'type', 'username'])
    expect(secret).not.toHaveProperty('stringData')
  })
})
