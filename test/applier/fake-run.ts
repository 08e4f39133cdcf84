/** What runs against a cluster in memory need. */
import { buildApplySet } from '../../src/applier/set/apply-set.ts'
import type { ApplySet } from '../../src/applier/set/apply-set.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { parseManifests } from '../../src/manifests/read.ts'
import type { Event, Reporter } from '../../src/report/event.ts'
import type { RunOptions } from '../../src/applier/run-options.ts'
import type { FakeCluster } from './fake-cluster.ts'

/** A Database as a person writes it. */
export const manifest = `apiVersion: database.example.com/v1
kind: Database
metadata: { name: orders, namespace: shop }
spec:
  image: postgres:16
  databaseName: orders
  username: app
  storage: { size: 1Gi }
`

/** Keeps what is reported. */
export class Recorder implements Reporter {
  readonly events: Event[] = []
  report(event: Event): void {
    this.events.push(event)
  }
  close(): void {
    this.events.push({ type: 'warning', message: 'closed' })
  }
  of<Type extends Event['type']>(type: Type): Extract<Event, { type: Type }>[] {
    return this.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type)
  }
}

/** The set of some manifests; children are expanded. */
export const setOf = (cluster: FakeCluster, text = manifest): Promise<ApplySet> =>
  buildApplySet(parseManifests(text, 'orders.yaml'), {
    namespace: 'shop',
    isNamespaced: (apiVersion, kind) => cluster.isNamespaced(apiVersion, kind),
    expand: (database) => Promise.resolve(expandDatabase(database)),
  })

/** A run that waits for nothing and logs in nowhere. */
export const options: RunOptions = {
  dryRun: 'none',
  details: { documents: false, hashes: false },
  verifyWithDryRun: false,
  showDifferences: false,
  force: false,
  takeOver: false,
  recreate: false,
  namespace: 'shop',
  rerun: (flag: string) => `apply ${flag}`,
  confirm: () => Promise.resolve(true),
  concurrency: 8,
  wait: false,
  paceMs: 0,
  route: 'off',
  probe: { reaches: () => Promise.resolve(true) },
  deadline: new AbortController().signal,
  interrupt: new AbortController().signal,
  now: () => Date.parse('2026-11-21T12:00:00Z'),
}

/** What leaves `shop/orders` with its standbys, dumps and monitoring. */
export const SURPLUS_OF_ORDERS = [
  'apps/v1 StatefulSet shop/orders-standby',
  'batch/v1 CronJob shop/orders-backup',
  'monitoring.coreos.com/v1 PodMonitor shop/orders',
  'monitoring.coreos.com/v1 PrometheusRule shop/orders',
  'networking.k8s.io/v1 NetworkPolicy shop/orders-backup',
  'policy/v1 PodDisruptionBudget shop/orders',
  'v1 ConfigMap shop/orders-dashboard',
  'v1 Service shop/orders-ro',
]
