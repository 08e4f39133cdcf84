import { describe, expect, test } from 'vitest'
import type { Database } from '../../../src/api/database.ts'
import { checkDependencies, isRefusedAddress, tcpProbe } from '../../../src/applier/databases/dependencies.ts'
import { FakeCluster } from '../fake-cluster.ts'

const databaseWith = (dependencies: readonly unknown[]): Database =>
  ({
    apiVersion: 'database.example.com/v1',
    kind: 'Database',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { dependencies },
  }) as unknown as Database
const reachable = {
  reaches: (host: string, port: number) => Promise.resolve(host === 'vault.shop.svc' && port === 8200),
}

describe('a dependency on an object', () => {
  const certificate = (
    status: string,
  ): { apiVersion: string; kind: string; metadata: { name: string; namespace: string }; status: object } => ({
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'tls', namespace: 'shop' },
    status: { conditions: [{ type: 'Ready', status }] },
  })
  const wanted = { object: { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'tls', condition: 'Ready' } }

  test.each([
    ['is not available while it does not exist', undefined, false, 'does not exist'],
    ['is not available while its condition is not True', 'False', false, 'condition Ready is False'],
    ['is available when its condition is True', 'True', true, 'condition Ready is True'],
  ])('%s', async (_, status, available, message) => {
    const cluster = new FakeCluster()
    if (status !== undefined) cluster.add(certificate(status))
    expect(await checkDependencies(cluster, databaseWith([wanted]), reachable)).toEqual([
      { name: 'Certificate tls', available, message },
    ])
  })

  test('looks in the namespace of the Database only', async () => {
    const cluster = new FakeCluster()
    cluster.add({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gate', namespace: 'elsewhere' } })
    const [result] = await checkDependencies(
      cluster,
      databaseWith([{ object: { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' } }]),
      reachable,
    )
    expect(result?.available).toBe(false)
  })
})

describe('a dependency on an address', () => {
  test('is told as reachable or unreachable and no more', async () => {
    const results = await checkDependencies(
      new FakeCluster(),
      databaseWith([{ address: 'vault.shop.svc:8200' }, { address: 'vault.shop.svc:1' }]),
      reachable,
    )
    expect(results).toEqual([
      { name: 'vault.shop.svc:8200', available: true, message: 'reachable' },
      { name: 'vault.shop.svc:1', available: false, message: 'unreachable' },
    ])
  })

  test.each([
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '169.254.169.254',
    '::1',
    '::',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    'fd00:ec2::254',
    '100.100.100.200',
    '::ffff:7f00:1',
  ])('%s is never connected to', (address) => {
    expect(isRefusedAddress(address)).toBe(true)
  })

  test.each(['10.0.0.1', '192.168.1.1', '2001:db8::1', '172.16.0.1'])('%s may be connected to', (address) => {
    expect(isRefusedAddress(address)).toBe(false)
  })

  test('is unreachable where a name resolves to a loopback address, whoever listens there', async () => {
    expect(await tcpProbe.reaches('localhost', 22)).toBe(false)
  })

  test('is unreachable where the name does not resolve', async () => {
    expect(await tcpProbe.reaches('does-not-exist.invalid', 80)).toBe(false)
  })
})
