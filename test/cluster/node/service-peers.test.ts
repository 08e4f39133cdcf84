import { describe, expect, test } from 'vitest'
import type { ApiClient } from '../api-client.ts'
import { peerOf } from './service-peers.ts'
import type { ServingPod } from './service-peers.ts'

const service = { spec: { selector: { app: 'db' }, ports: [{ port: 5432, targetPort: 5432 }] } }
const find = async (path: string): Promise<unknown> =>
  path === '/api/v1/namespaces/shop/services/orders' ? service : undefined
const api = { find } as unknown as ApiClient
const pods = (): ServingPod[] => [
  { pod: podOf('other', 'shop', {}), localPort: () => 1 },
  { pod: podOf('same-labels', 'elsewhere', { app: 'db' }), localPort: () => 2 },
  { pod: podOf('orders-0', 'shop', { app: 'db' }), localPort: (port) => port + 10_000 },
]
const podOf = (name: string, namespace: string, labels: Record<string, string>): ServingPod['pod'] => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: { containers: [] },
})
const peer = (values: Record<string, string>): ReturnType<typeof peerOf> => peerOf(values, 'shop', { api, pods })

describe('a client on the local node', () => {
  test.each(['orders', 'orders.shop.svc', 'orders.shop.svc.cluster.local'])('finds the pod behind %s', async (host) => {
    expect(await peer({ PGHOST: host })).toEqual({ address: '127.0.0.1', port: '15432' })
  })

  test('finds each of several, and leaves alone what leads nowhere', async () => {
    expect(await peer({ PGHOST: 'orders-ro.shop.svc,orders.shop.svc', PGPORT: '5432' })).toEqual({
      address: ',127.0.0.1',
      port: '5432,15432',
    })
  })

  test('that names no host is no client', async () => {
    expect(await peer({ PGPORT: '5432' })).toBeUndefined()
    expect(await peer({ PGHOST: '/var/run/postgresql' })).toBeUndefined()
  })
})
