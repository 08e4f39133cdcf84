import { randomBytes } from 'node:crypto'
import { App, Chart } from 'cdk8s'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseCrd } from '../../src/api/crd.ts'
import { GROUP, PLURAL } from '../../src/api/group.ts'
import { checkDatabase } from '../../src/api/parameter-check.ts'
import { validateDatabase } from '../../src/api/validation.ts'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { issuesOf } from '../constructs/manifests-of.ts'
import { collectRules } from './crd-rules.ts'
import { specs } from './random-specs.ts'
import { CLIENT_CASES, resourceOf, SPEC_CASES } from './specs.ts'
import type { SpecCase } from './specs.ts'

// A group of its own: other test files use the real one at the same time.
const group = `crd-${randomBytes(4).toString('hex')}.example.com`
const apiVersion = `${group}/v1`
const definition = JSON.parse(JSON.stringify(databaseCrd()).replaceAll(GROUP, group)) as ReturnType<typeof databaseCrd>
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const itself = `${definitions}/${PLURAL}.${group}`

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'crd')

interface Definition {
  readonly spec: unknown
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const stored = async (): Promise<Definition> => (await controlPlane.request('GET', itself)).body as Definition

beforeAll(async () => {
  const created = await controlPlane.request('POST', definitions, { body: definition })
  expect(created).toMatchObject({ status: 201 })
  const collection = `/apis/${apiVersion}/namespaces/${namespace}/${PLURAL}`
  await vi.waitFor(
    async () => {
      expect((await stored()).status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Established', status: 'True' }),
      )
      expect((await controlPlane.request('GET', collection)).status).toBe(200)
    },
    { timeout: 30_000, interval: 100 },
  )
})
afterAll(async () => {
  await controlPlane.request('DELETE', itself)
})

/** What the API server adds to a definition by itself. Nothing else may differ. */
const ADDED_BY_THE_SERVER = { conversion: { strategy: 'None' } } as const

describe('the CustomResourceDefinition in the API server', () => {
  test('is stored with every rule, enum, default and column that was synthesised', async () => {
    const { spec } = await stored()
    expect(spec).toEqual({ ...(definition['spec'] as object), ...ADDED_BY_THE_SERVER })
  })

  test('has no condition that says anything is wrong with its schema', async () => {
    const { status } = await stored()
    expect(status.conditions?.map(({ type, status: value }) => `${type}=${value}`).toSorted()).toEqual([
      'Established=True',
      'NamesAccepted=True',
    ])
  })

  test('refuses a change of what is immutable, with the message of the rule', async () => {
    const name = 'immutable'
    const before = resourceOf({ title: '', spec: {}, name, messages: [] }, apiVersion)
    const path = `/apis/${apiVersion}/namespaces/${namespace}/${PLURAL}`
    const created = await controlPlane.request('POST', path, { body: before })
    expect(created.status).toBe(201)
    const change = (spec: object): Promise<{ status: number; body: unknown }> =>
      controlPlane.request('PATCH', `${path}/${name}?dryRun=All`, {
        body: { spec },
        contentType: 'application/merge-patch+json',
      })
    for (const [spec, message] of [
      [{ databaseName: 'other' }, 'databaseName cannot be changed: the data on the volume was created with it'],
      [{ username: 'other' }, 'username cannot be changed: the data on the volume was created with it'],
      [{ storage: { size: '5Gi' } }, 'storage.size cannot shrink: a volume can only grow'],
      [{ storage: { layout: 'legacy' } }, 'storage.layout cannot be changed: the data lies where it lies'],
      [
        { storage: { storageClassName: 'x' } },
        'storage.storageClassName cannot be changed: a volume stays in its class',
      ],
    ] as const) {
      const reply = await change(spec)
      expect(reply.status, JSON.stringify(spec)).toBe(422)
      expect((reply.body as { message: string }).message).toContain(message)
    }
    expect((await change({ storage: { size: '20Gi' } })).status).toBe(200)
  })
})

test.each([
  ['1Ti', '1023Gi', false],
  ['1Ti', '1T', false],
  ['2Gi', '2047Mi', false],
  ['2G', '2000000k', true],
  ['1Gi', '1Ti', true],
  ['512Mi', '1Gi', true],
  ['1Gi', '1073741824', true],
])('C13: a volume of %s may become %s: %s', async (before, after, isAllowed) => {
  const name = `size-${randomBytes(4).toString('hex')}`
  const example = { title: '', spec: { storage: { size: before } }, name, messages: [] }
  const path = `/apis/${apiVersion}/namespaces/${namespace}/${PLURAL}`
  const created = await controlPlane.request('POST', path, { body: resourceOf(example, apiVersion) })
  expect(created.status).toBe(201)
  const { status, body } = await controlPlane.request('PATCH', `${path}/${name}?dryRun=All`, {
    body: { spec: { storage: { size: after } } },
    contentType: 'application/merge-patch+json',
  })
  expect(status, JSON.stringify(body)).toBe(isAllowed ? 200 : 422)
  if (!isAllowed) expect((body as Refusal).message).toContain('storage.size cannot shrink: a volume can only grow')
})

interface Refusal {
  readonly message: string
  readonly details?: { readonly causes?: readonly { readonly message: string }[] }
}

const ruleMessages = collectRules(definition).map(({ message }) => message)

/** The messages of our CEL rules among the server's, which puts the value before them. */
const rulesIn = (messages: readonly string[]): string[] =>
  ruleMessages.filter((rule) => messages.some((message) => message.endsWith(rule))).toSorted()

/** The same among the client's, which begins with the server's words and may say more. */
const rulesSaid = (messages: readonly string[]): string[] =>
  ruleMessages.filter((rule) => messages.some((message) => message.startsWith(rule))).toSorted()

async function serverRefusal(example: SpecCase): Promise<Refusal | undefined> {
  const path = `/apis/${apiVersion}/namespaces/${namespace}/${PLURAL}?dryRun=All&fieldValidation=Strict`
  const { status, body } = await controlPlane.request('POST', path, { body: resourceOf(example, apiVersion) })
  if (status === 201) return undefined
  expect([400, 422]).toContain(status)
  return body as Refusal
}

for (const [subject, cases] of Object.entries(SPEC_CASES)) {
  describe(`client and server agree on ${subject}`, () => {
    test.each(cases)('$title', async (example) => {
      const client = validateDatabase(resourceOf(example, 'database.example.com/v1'))
      const server = await serverRefusal(example)
      expect(server === undefined, server?.message).toBe(client.ok)
      if (server === undefined || client.ok) return
      // The server evaluates rules only where the types are right and every field is known.
      const causes = server.details?.causes?.map(({ message }) => message) ?? []
      const judged =
        causes.length > 0 && !causes.some((message) => message.includes('some validation rules were not checked'))
      const said = client.issues.map(({ message }) => message)
      if (rulesSaid(said).length === said.length) expect(judged, server.message).toBe(true)
      if (judged) expect(rulesIn(causes)).toEqual(rulesSaid(said))
    })
  })
}

test('random specs are accepted by client, API server and synthesis, or by none of them', async () => {
  const judged = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(specs, async (example) => {
      const { metadata, spec } = resourceOf(example, 'database.example.com/v1')
      const client = validateDatabase(resourceOf(example, 'database.example.com/v1'))
      const server = await serverRefusal(example)
      const app = new App()
      const chart = new Chart(app, 'chart', { namespace: 'shop' })
      const props = { ...spec, name: metadata.name } as unknown as DatabaseProps
      new Database(chart, 'Random', props)
      const synthesis = issuesOf(app)
      expect({ server: server === undefined, synthesis: synthesis.length === 0 }, server?.message).toEqual({
        server: client.ok,
        synthesis: client.ok,
      })
      judged[client.ok ? 'accepted' : 'refused'] += 1
    }),
    { numRuns: 150 },
  )
  // A generator whose specs are all refused would prove nothing.
  expect(judged.accepted).toBeGreaterThan(5)
  expect(judged.refused).toBeGreaterThan(20)
})

describe('only the client knows', () => {
  test.each(CLIENT_CASES)('$title', async (example) => {
    expect(await serverRefusal(example)).toBeUndefined()
    const resource = resourceOf(example, 'database.example.com/v1')
    expect(validateDatabase(resource).ok).toBe(true)
    expect(checkDatabase(resource).ok).toBe(false)
  })
})
