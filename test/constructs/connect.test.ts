import { App, Chart, Cron } from 'cdk8s'
import { CronJob, Deployment, EnvValue, Job } from 'cdk8s-plus-28'
import type { ContainerProps } from 'cdk8s-plus-28'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { connect, LIBPQ_VARIABLES } from '../../src/constructs/connect.ts'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { connectionKeys } from '../../src/postgres/connection.ts'
import { manifest } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

const ORDERS = SCENARIOS['orders'] as DatabaseProps

function shop(): Chart {
  return new Chart(new App(), 'shop', { namespace: 'shop', disableResourceNameHashes: true })
}

const DETAILS = { host: 'orders.shop.svc', port: 5432, database: 'orders', username: 'orders_app', password: 'x' }

const fromSecret = (name: string, secret: string, key: string): object => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
})

const LIBPQ = [
  fromSecret('PGHOST', 'orders-credentials', 'host'),
  fromSecret('PGPORT', 'orders-credentials', 'port'),
  fromSecret('PGDATABASE', 'orders-credentials', 'database'),
  fromSecret('PGUSER', 'orders-credentials', 'username'),
  fromSecret('PGPASSWORD', 'orders-credentials', 'password'),
]

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly spec: { readonly containers: readonly { env?: object[] }[]; readonly initContainers?: { env?: object[] }[] }
}

const templateOf = (object: KubernetesObject): Template => (object['spec'] as { template: Template }).template

describe('a client of a database', () => {
  test('gets the variables of libpq from the Secret, and a label that the NetworkPolicy admits', () => {
    const chart = shop()
    const { env, podLabels } = connect(new Database(chart, 'orders', ORDERS))
    expect(env).toEqual(LIBPQ)
    expect(podLabels).toEqual({ 'database.example.com/client-of-orders': 'true' })
    const [{ from }] = (
      manifest(chart.toJson() as KubernetesObject[], 'NetworkPolicy')['spec'] as { ingress: [{ from: object[] }] }
    ).ingress
    expect(from).toContainEqual({
      podSelector: { matchExpressions: [{ key: Object.keys(podLabels)[0], operator: 'Exists' }] },
    })
  })

  test('gets what it asks for, under the names that it asks for', () => {
    const { env } = connect(new Database(shop(), 'orders', ORDERS), { uri: 'DATABASE_URL', 'jdbc-uri': 'JDBC_URL' })
    expect(env).toEqual([
      fromSecret('DATABASE_URL', 'orders-credentials', 'uri'),
      fromSecret('JDBC_URL', 'orders-credentials', 'jdbc-uri'),
    ])
  })

  test('of several databases carries a label for each', () => {
    const chart = shop()
    const labels = ['orders', 'stock'].map((name) => connect(new Database(chart, name, ORDERS)).podLabels)
    expect(Object.assign({}, ...labels)).toEqual({
      'database.example.com/client-of-orders': 'true',
      'database.example.com/client-of-stock': 'true',
    })
  })

  test('of a database that another app makes needs its name alone', () => {
    expect(connect({ name: 'orders' }).env).toEqual(LIBPQ)
  })

  test('takes nothing but the password from a Secret that somebody else keeps', () => {
    const credentials = { existingSecret: { name: 'vault', passwordKey: 'pw' } }
    const orders = new Database(shop(), 'orders', { ...ORDERS, credentials })
    expect(connect(orders).env).toEqual([
      { name: 'PGHOST', value: 'orders.shop.svc.cluster.local' },
      { name: 'PGPORT', value: '5432' },
      { name: 'PGDATABASE', value: 'orders' },
      { name: 'PGUSER', value: 'orders_app' },
      fromSecret('PGPASSWORD', 'vault', 'pw'),
    ])
    expect(() => connect(orders, { uri: 'DATABASE_URL' })).toThrow(
      'DATABASE_URL: nobody knows whether Secret vault, which somebody else keeps, has the key uri',
    )
  })

  test('may ask for every key of a Secret that the External Secrets Operator makes', () => {
    const orders = new Database(shop(), 'orders', { ...ORDERS, credentials: { externalSecret: true } })
    expect(connect(orders, { uri: 'DATABASE_URL' }).env).toEqual([
      fromSecret('DATABASE_URL', 'orders-credentials', 'uri'),
    ])
  })
})

describe('a client of a database that encrypts', () => {
  const encrypted = (tls: DatabaseProps['tls'], name = 'orders', chart = shop()): Database =>
    new Database(chart, name, { ...ORDERS, ...(tls === undefined ? {} : { tls }) })
  const FILE = '/run/secrets/database.example.com/orders/ca.crt'
  const checked = (file: string): object[] => [
    ...LIBPQ,
    { name: 'PGSSLMODE', value: 'verify-full' },
    { name: 'PGSSLROOTCERT', value: file },
  ]
  const mount = { name: 'authorities-orders', mountPath: '/run/secrets/database.example.com/orders', readOnly: true }
  const items = [{ key: 'ca.crt', path: 'ca.crt' }]

  test.each<[string, DatabaseProps['tls'], string]>([
    ['somebody keeps', { secretName: 'orders-pair' }, 'orders-pair'],
    ['cert-manager makes', { certManager: { issuer: { name: 'internal' } } }, 'orders-tls'],
  ])('checks it with ca.crt of the Secret that %s, and gets nothing else of it', (_who, tls, secretName) => {
    const { env, volumes, volumeMounts } = connect(encrypted(tls))
    expect(env).toEqual(checked(FILE))
    expect(volumes).toEqual([{ name: 'authorities-orders', secret: { secretName, defaultMode: 0o444, items } }])
    expect(volumeMounts).toEqual([mount])
  })

  test('takes authorities from a ConfigMap that says, or those that everybody trusts', () => {
    const orders = encrypted({ secretName: 'orders-tls' })
    const bundle = connect(orders, undefined, { authority: { configMap: 'company', key: 'bundle.pem' } })
    expect(bundle.env).toEqual(checked(FILE))
    const [key, path] = ['bundle.pem', 'ca.crt']
    expect(bundle.volumes).toEqual([
      { name: 'authorities-orders', configMap: { name: 'company', defaultMode: 0o444, items: [{ key, path }] } },
    ])
    const everybody = connect(orders, undefined, { authority: 'system' })
    expect(everybody.env).toEqual(checked('system'))
    expect([everybody.volumes, everybody.volumeMounts]).toEqual([[], []])
  })

  test('gets the URI that checks and names the same file, or is told that there is none', () => {
    const orders = encrypted({ secretName: 'orders-tls' })
    const variables = { uri: 'DATABASE_URL', 'jdbc-uri': 'JDBC_URL' }
    expect(connect(orders, variables).env).toEqual([
      fromSecret('DATABASE_URL', 'orders-credentials', 'verified-uri'),
      fromSecret('JDBC_URL', 'orders-credentials', 'verified-jdbc-uri'),
    ])
    const forms = connectionKeys({ ...DETAILS, tls: { authorityFile: FILE } })
    expect(forms['verified-uri']).toContain(`?sslmode=verify-full&sslrootcert=${FILE}`)
    expect(() => connect(orders, variables, { authority: 'system' })).toThrow(
      "DATABASE_URL: a URI that checks the server names a file of authorities, and authority: 'system' has none",
    )
  })

  test('finds it in a workload of cdk8s-plus, once, whoever connects it how often', () => {
    const chart = shop()
    const orders = encrypted({ secretName: 'orders-tls' }, 'orders', chart)
    const stock = encrypted({ secretName: 'stock-tls' }, 'stock', chart)
    const workload = new Deployment(chart, 'Client', { containers: [{ image: 'shop:1.2.3' }] })
    workload.addInitContainer({ image: 'shop:1.2.3' })
    connect(orders).addTo(workload)
    connect(orders, { uri: 'DATABASE_URL' }).addTo(workload)
    connect(stock, { uri: 'STOCK_URL' }, { authority: { configMap: 'company' } }).addTo(workload)
    const { spec } = templateOf(manifest(chart.toJson() as KubernetesObject[], 'Deployment'))
    const stocks = { ...mount, name: 'authorities-stock', mountPath: '/run/secrets/database.example.com/stock' }
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      expect(container).toMatchObject({ volumeMounts: [mount, stocks] })
      expect(container.env?.slice(0, 7)).toEqual(checked(FILE))
    }
    expect(spec).toMatchObject({
      volumes: [
        { name: 'authorities-orders', secret: { secretName: 'orders-tls', defaultMode: 0o444, items } },
        { name: 'authorities-stock', configMap: { name: 'company', defaultMode: 0o444, items } },
      ],
    })
  })

  test('that another app makes says which Secret has its certificate', () => {
    const { env, volumes } = connect({ name: 'orders', tls: { secretName: 'orders-tls' } })
    expect(env).toEqual(checked(FILE))
    expect(volumes).toHaveLength(1)
  })

  test('is told nothing about encryption where there is none', () => {
    const { env, volumes } = connect(encrypted(undefined), { ...LIBPQ_VARIABLES, uri: 'DATABASE_URL' })
    expect(env).toEqual([...LIBPQ, fromSecret('DATABASE_URL', 'orders-credentials', 'uri')])
    expect(volumes).toEqual([])
  })
})

describe('a workload of cdk8s-plus', () => {
  /** A new one each time: cdk8s-plus adds to the object that it is given. */
  const container = (): ContainerProps => ({
    image: 'shop:1.2.3',
    envVariables: { MODE: EnvValue.fromValue('prod') },
  })

  test.each([
    ['Deployment', (chart: Chart) => new Deployment(chart, 'Client', { containers: [container()] })],
    ['Job', (chart: Chart) => new Job(chart, 'Client', { containers: [container()] })],
    [
      'CronJob',
      (chart: Chart) =>
        new CronJob(chart, 'Client', { containers: [container()], schedule: new Cron({ minute: '0' }) }),
    ],
  ])('%s gets variables in all of its containers and the label on its pods', (kind, make) => {
    const chart = shop()
    const orders = new Database(chart, 'orders', ORDERS)
    const workload = make(chart)
    workload.addInitContainer({ image: 'shop:1.2.3', args: ['migrate'] })
    connect(orders).addTo(workload)
    const object = manifest(chart.toJson() as KubernetesObject[], kind)
    const template = templateOf(
      kind === 'CronJob' ? (object['spec'] as { jobTemplate: KubernetesObject }).jobTemplate : object,
    )
    expect(template.metadata.labels).toMatchObject({ 'database.example.com/client-of-orders': 'true' })
    expect(template.spec.containers[0]?.env).toEqual([{ name: 'MODE', value: 'prod' }, ...LIBPQ])
    expect(template.spec.initContainers?.[0]?.env).toEqual(LIBPQ)
  })

  test('can be a client of two databases', () => {
    const chart = shop()
    const workload = new Deployment(chart, 'Client', { containers: [container()] })
    connect(new Database(chart, 'orders', ORDERS), { uri: 'ORDERS_URL' }).addTo(workload)
    connect(new Database(chart, 'stock', ORDERS), { uri: 'STOCK_URL' }).addTo(workload)
    const { spec } = templateOf(manifest(chart.toJson() as KubernetesObject[], 'Deployment'))
    expect(spec.containers[0]?.env?.slice(1)).toEqual([
      fromSecret('ORDERS_URL', 'orders-credentials', 'uri'),
      fromSecret('STOCK_URL', 'stock-credentials', 'uri'),
    ])
  })

  test('without a container is told to add them first', () => {
    const chart = shop()
    const workload = new Deployment(chart, 'Client')
    expect(() => connect({ name: 'orders' }).addTo(workload)).toThrow(
      'shop/Client: add its containers before connecting it to a database',
    )
  })

  test('of another namespace is refused, with what to do instead', () => {
    const chart = shop()
    const orders = new Database(chart, 'orders', ORDERS)
    const reports = new Chart(chart.node.root, 'reports', { namespace: 'reports' })
    const workload = new Deployment(reports, 'Client', { containers: [container()] })
    expect(() => connect(orders).addTo(workload)).toThrow(
      'reports/Client: it stands in another namespace than database orders (shop), whose Secret it cannot read: bring the Secret over, name the pods in network.allowFrom of the database, and set the variables by hand',
    )
  })
})
