import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/api/exit-code.ts'
import { formatFailedReport } from '../../src/report/format.ts'
import { JsonReporter } from '../../src/report/json.ts'
import type { Event } from '../../src/report/event.ts'
import { recordedOutput } from './recorded-output.ts'

const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }
const SUMMARY = {
  created: 1,
  updated: 0,
  replaced: 0,
  deleted: 0,
  unchanged: 0,
  kept: 0,
  failed: 0,
  pending: 0,
  requests: { reads: 2, lists: 1, dryRuns: 1, writes: 1, bytes: 900, throttled: 0 },
  seconds: 0.5,
}

function reported(...events: readonly Event[]): Record<string, unknown> {
  const output = recordedOutput()
  const reporter = new JsonReporter(output, 'ApplyReport')
  for (const event of events) reporter.report(event)
  reporter.close()
  expect(output.messages).toBe('')
  return JSON.parse(output.text) as Record<string, unknown>
}

describe('the JSON report', () => {
  test('is one document with every fact of a run', () => {
    const report = reported(
      {
        type: 'started',
        context: 'kind-dev',
        server: 'https://127.0.0.1:6443',
        namespace: 'shop',
        objects: 1,
        source: 'dist',
        manager: 'cdk8s-database',
      },
      { type: 'warning', message: 'careful' },
      {
        type: 'planned',
        changes: [{ object: OBJECT, action: 'create', proof: 'dry-run', differences: [] }],
        showDifferences: false,
      },
      { type: 'applied', object: OBJECT, action: 'create' },
      { type: 'transition', database: 'shop/orders', from: undefined, to: 'Pending', reason: 'Seen', message: '' },
      {
        type: 'ready',
        database: 'shop/orders',
        endpoint: 'orders.shop:5432',
        secretName: 'orders-credentials',
        verified: true,
      },
      { type: 'finished', summary: SUMMARY, exitCode: EXIT.done },
    )
    expect(report).toEqual({
      apiVersion: 'cli.database.example.com/v1',
      kind: 'ApplyReport',
      context: 'kind-dev',
      server: 'https://127.0.0.1:6443',
      namespace: 'shop',
      objects: 1,
      source: 'dist',
      manager: 'cdk8s-database',
      changes: [{ object: OBJECT, action: 'create', proof: 'dry-run', differences: [] }],
      transitions: [{ database: 'shop/orders', from: null, to: 'Pending', reason: 'Seen' }],
      databases: [
        {
          database: 'shop/orders',
          endpoint: 'orders.shop:5432',
          secretName: 'orders-credentials',
          verified: true,
          ready: true,
        },
      ],
      failures: [],
      warnings: ['careful'],
      summary: SUMMARY,
      exitCode: 0,
    })
  })

  test('is a document also where a run ended before it began', () => {
    expect(reported()).toMatchObject({ kind: 'ApplyReport', changes: [], summary: null, exitCode: null })
  })

  test('holds every failure with what to do about it', () => {
    const failure = {
      subject: 'Database shop/orders',
      reason: 'NotReady',
      message: 'ErrImagePull',
      remedy: 'correct the image',
      exitCode: EXIT.notReady,
    } as const
    expect(reported({ type: 'failed', ...failure })).toMatchObject({ failures: [failure], exitCode: EXIT.notReady })
  })

  test('holds why a run ended early in the same shape', async () => {
    const [what, where, remedy, exitCode] = ['no manifests found', 'dist', 'npm run synth', EXIT.usage] as const
    const report = reported({ type: 'aborted', what, where, remedy, exitCode })
    expect(report).toMatchObject({ exitCode, failures: [{ message: what, where, remedy, exitCode }] })
    const failed = JSON.parse(
      await formatFailedReport('json', 'ApplyReport', { what, where, remedy }, exitCode, Date.now),
    ) as object
    expect(failed).toEqual(report)
  })
})
