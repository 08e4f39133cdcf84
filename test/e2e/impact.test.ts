/** What `diff` says of a change is what happens: a case for every row of the impact table, each on a real server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IMPACT_ROWS } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import { isOfPattern, parsePath } from '../../src/plan/impact-path.ts'
import { certificateSecret } from '../cluster/certificate-secret.ts'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'
import { installForeignDefinitions } from '../cluster/foreign-definitions.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { SPEC_FIELDS } from '../plan/spec-fields.ts'
import { installDefinition } from './database.ts'
import { canBeTried, ImpactDatabases, judgementOf } from './impact-databases.ts'
import type { Case } from './impact-databases.ts'
import { ImpactLane } from './impact-lane.ts'
import type { Outcome } from './impact-lane.ts'
import { rowsOf } from './impact-rows.ts'

const cluster = await useCluster()
const namespace = await createNamespace(cluster, 'impact')
const databases = new ImpactDatabases(namespace)

const ALL = databases.cases()
const CASES = ALL.filter(canBeTried)
const outcomes = new Map<Case, Promise<Outcome>>()

/** The Secret that the case about TLS names. */
async function keepCertificate(): Promise<void> {
  const authority = createCertificateAuthority('authority of the test')
  const pair = issueCertificate(authority, { commonName: 'orders', hosts: ['orders'] })
  const body = certificateSecret('orders-tls', authority, pair)
  const { status } = await cluster.request('POST', `/api/v1/namespaces/${namespace}/secrets`, { body })
  expect(status).toBe(201)
}

beforeAll(async () => {
  await Promise.all([
    installDefinition(cluster),
    installForeignDefinitions(cluster, ['podmonitors', 'prometheusrules']),
    keepCertificate(),
  ])
  for (const [name, cases] of Map.groupBy(CASES, ({ lane }) => lane)) begin(name, cases)
})

afterAll(async () => {
  await Promise.allSettled(outcomes.values())
  const { name } = databases.definition.metadata
  await cluster.request('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`)
})

/** Makes the changes of a lane one after the other, beside those of all other lanes; each test waits for its own. */
function begin(name: string, cases: readonly Case[]): void {
  const lane = new ImpactLane(cluster, namespace, name)
  // A server that runs, unless it must be made in another way.
  const started = name.startsWith('made') ? Promise.resolve() : lane.start([databases.first(name)])
  let previous: Promise<unknown> = started
  for (const together of turnsOf(cases)) {
    const outcome = takeAfter(previous, lane, together, started)
    // Told by the tests of its cases.
    outcome.catch(() => undefined)
    for (const one of together) outcomes.set(one, outcome)
    previous = outcome
  }
}

/** @throws what kept the lane from starting; what the turn before has ended with is no matter of this one */
async function takeAfter(
  previous: Promise<unknown>,
  lane: ImpactLane,
  cases: readonly Case[],
  started: Promise<void>,
): Promise<Outcome> {
  await Promise.allSettled([previous])
  await started
  return lane.take(databases.merged(cases))
}

/**
 * Cases that are made in one go. Where nothing is to happen by any of them, what they do together is what each does; all
 * others are made one by one.
 */
function turnsOf(cases: readonly Case[]): readonly (readonly Case[])[] {
  const groups = Map.groupBy(cases, (one) => {
    const { field, flags = [], title } = one
    const isQuiet = field !== undefined && !('from' in field) && visible(judgementOf(field)?.impact) === 'none'
    return isQuiet ? JSON.stringify([flags, field.spec]) : title
  })
  return [...groups.values()]
}

/** What `diff` printed for the case: for its field, where it was not alone. */
function saidOf({ field }: Case, { changes, said }: Outcome): Impact | undefined {
  const change = changes.find(({ object, action }) => object.kind === field?.kind && action !== 'unchanged')
  if (field === undefined || change === undefined || said === 'refused') return said
  const namesOf = (path: string): string =>
    parsePath(path)
      .filter((key) => !key.startsWith('['))
      .join('.')
  const wanted = namesOf(field.field)
  const printed = change.differences.find(({ path }) => wanted.startsWith(namesOf(path)))
  return printed === undefined ? said : printed.impact
}

/** Losing what keeps data does nothing at the moment. */
const visible = (impact: Impact | undefined): Impact | undefined => (impact === 'irreversible' ? 'none' : impact)

describe('what diff says is what happens:', () => {
  // Every step of a turn has its own deadline, and says better what was missing.
  test.each(CASES)('$title', { timeout: 300_000 }, async (one) => {
    const outcome = await outcomes.get(one)
    if (outcome === undefined) throw new Error('was not tried')
    expect(outcome.happened, outcome.detail).toBe(visible(saidOf(one, outcome)))
  })
})

describe('a case is there', () => {
  const seen = new Set(ALL.flatMap(({ before, after }) => rowsOf(before, after)))

  test('for every row of the impact table', () => {
    const missing = IMPACT_ROWS.filter((row) => !seen.has(row))
    expect(
      missing.map(({ kind, field, impact, because }) => `${kind} ${field}: ${impact}, because ${because}`),
    ).toEqual([])
  })

  test.each(SPEC_FIELDS)('for %s', (path) => {
    const tried = [...seen].filter(
      ({ kind, field }) => kind === 'Database.database.example.com' && isOfPattern(parsePath(path), parsePath(field)),
    )
    expect(tried).not.toEqual([])
  })
})
