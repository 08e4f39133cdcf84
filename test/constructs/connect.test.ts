import { App, Chart, Cron } from 'cdk8s'
import { CronJob, Deployment, EnvValue, Job } from 'cdk8s-plus-28'
import type { ContainerProps } from 'cdk8s-plus-28'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { connect } from '../../src/constructs/connect.ts'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { manifest } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

const ORDERS = SCENARIOS['orders'] as DatabaseProps

function shop(): Chart {
  return new Chart(new App(), 'shop', { namespace: 'shop', disableResourceNameHashes: true })
}

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
