import { expect, test } from 'vitest'
import { ControllerMetrics } from '../../src/controller/controller-metrics.ts'
import { runWorkers } from '../../src/controller/workers.ts'
import { WorkQueue } from '../../src/controller/work-queue.ts'
import { FakeClock, settled } from './fake-clock.ts'

const valuesOf = (metrics: ControllerMetrics, start: string): readonly string[] =>
  metrics.registry
    .text()
    .split('\n')
    .filter((line) => line.startsWith(start))

test('what workers do is counted under the names of controller-runtime', async () => {
  const clock = new FakeClock()
  const metrics = new ControllerMetrics('database')
  const queue = new WorkQueue({ clock, observer: metrics.queueObserver })
  metrics.watchQueue(queue)
  const ended = runWorkers(queue, {
    workers: 1,
    work: async (key) => {
      await clock.sleep(20)
      if (key === 'broken') throw new Error('no')
      return key === 'later' ? { requeueAfterMs: 30_000 } : {}
    },
    onFinished: ({ result, durationMs }) => metrics.reconciled(result, durationMs),
  })
  for (const key of ['fine', 'broken', 'later']) queue.add(key)
  await clock.advance(30)
  expect(valuesOf(metrics, 'workqueue_').filter((line) => !line.includes('_bucket'))).toEqual([
    'workqueue_adds_total{name="database",controller="database"} 3',
    'workqueue_depth{name="database",controller="database"} 1',
    'workqueue_longest_running_processor_seconds{name="database",controller="database"} 0.01',
    'workqueue_queue_duration_seconds_sum{name="database",controller="database"} 0.02',
    'workqueue_queue_duration_seconds_count{name="database",controller="database"} 2',
    'workqueue_retries_total{name="database",controller="database"} 0',
    'workqueue_unfinished_work_seconds{name="database",controller="database"} 0.01',
    'workqueue_work_duration_seconds_sum{name="database",controller="database"} 0.02',
    'workqueue_work_duration_seconds_count{name="database",controller="database"} 1',
  ])
  await clock.advance(30)
  expect(valuesOf(metrics, 'controller_runtime_').filter((line) => !line.includes('_bucket'))).toEqual([
    'controller_runtime_reconcile_errors_total{controller="database"} 1',
    'controller_runtime_reconcile_time_seconds_sum{controller="database"} 0.06',
    'controller_runtime_reconcile_time_seconds_count{controller="database"} 3',
    'controller_runtime_reconcile_total{controller="database",result="success"} 1',
    'controller_runtime_reconcile_total{controller="database",result="requeue_after"} 1',
    'controller_runtime_reconcile_total{controller="database",result="error"} 1',
  ])
  expect(valuesOf(metrics, 'workqueue_retries_total')).toEqual([
    'workqueue_retries_total{name="database",controller="database"} 2',
  ])
  await queue.close()
  await ended
  await settled()
})

test('rates can be told from the beginning: counters are there before anything happened', () => {
  const metrics = new ControllerMetrics('database')
  expect(valuesOf(metrics, 'controller_runtime_reconcile_errors_total{')).toEqual([
    'controller_runtime_reconcile_errors_total{controller="database"} 0',
  ])
  expect(valuesOf(metrics, 'workqueue_adds_total{')).toHaveLength(1)
})

test('requests and the lease are shown as client-go shows them', () => {
  const metrics = new ControllerMetrics('database')
  const election = { isLeading: false }
  metrics.watchElection('cdk8s-database', election)
  metrics.requested('GET', '10.0.0.1:443', 200)
  metrics.requested('GET', '10.0.0.1:443', 200)
  metrics.requested('PATCH', '10.0.0.1:443', undefined)
  expect(valuesOf(metrics, 'rest_client')).toEqual([
    'rest_client_requests_total{code="200",method="GET",host="10.0.0.1:443"} 2',
    'rest_client_requests_total{code="<error>",method="PATCH",host="10.0.0.1:443"} 1',
  ])
  expect(valuesOf(metrics, 'leader')).toEqual(['leader_election_master_status{name="cdk8s-database"} 0'])
  election.isLeading = true
  expect(valuesOf(metrics, 'leader')).toEqual(['leader_election_master_status{name="cdk8s-database"} 1'])
})

test('events that were dropped are counted from the first', () => {
  const metrics = new ControllerMetrics('database')
  expect(valuesOf(metrics, 'database_events')).toEqual(['database_events_dropped_total 0'])
  metrics.eventDropped()
  expect(valuesOf(metrics, 'database_events')).toEqual(['database_events_dropped_total 1'])
})
