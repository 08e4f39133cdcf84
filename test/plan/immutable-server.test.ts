/** The recorded replies are what a real API server says, or this test says what has changed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { IMMUTABLE_CASES } from './immutable-cases.ts'
import type { RecordedReply } from './immutable-cases.ts'

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'immutable')
const file = join(import.meta.dirname, 'immutable-replies.json')

interface Reply {
  readonly details?: { readonly causes?: readonly { reason?: string; field?: string }[] }
}

test('every recorded refusal is what the server says', async () => {
  const replies: Record<string, RecordedReply> = {}
  for (const [index, { title, before, after }] of IMMUTABLE_CASES.entries()) {
    const { apiVersion, kind } = before
    const name = `web-${index}`
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const path = `${base}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
    const apply = (object: typeof before, dryRun: string): ReturnType<typeof controlPlane.request> =>
      controlPlane.request('PATCH', `${path}?fieldManager=cdk8s-database&fieldValidation=Strict${dryRun}`, {
        body: { ...object, metadata: { ...object.metadata, name } },
        contentType: 'application/apply-patch+yaml',
      })
    const created = await apply(before, '')
    expect(created, title).toMatchObject({ status: 201 })
    const { status, body } = await apply(after, '&dryRun=All')
    const causes = ((body as Reply).details?.causes ?? []).map(({ reason = '', field = '' }) => ({ reason, field }))
    replies[title] = { status, causes, live: created.body as typeof before }
  }
  const withoutChance = JSON.stringify(
    replies,
    (key, value: unknown) => (VOLATILE.has(key) ? undefined : value),
    2,
  ).replaceAll(namespace, 'shop')
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, `${withoutChance}\n`)
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, RecordedReply>
  const judged = (all: Record<string, RecordedReply>): object =>
    Object.fromEntries(Object.entries(all).map(([title, { status, causes }]) => [title, { status, causes }]))
  expect(judged(replies)).toEqual(judged(recorded))
}, 30_000)

/** What is another in every run. */
const VOLATILE: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'time',
  'batch.kubernetes.io/controller-uid',
  'controller-uid',
])
