/** What `diff` says of a change is what happens: a case for every row of the impact table, each on a real server. */
import { beforeAll, describe, expect, test } from 'vitest'
import { API_VERSION, KIND } from '../../src/api/group.ts'
import type { Database } from '../../src/api/database.ts'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { differences } from '../../src/plan/difference.ts'
import { IMPACT_ROWS, impactOf, worstImpact } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import { isOfPattern, parsePath } from '../../src/plan/impact-path.ts'
import type { ImpactRow } from '../../src/plan/impact-row.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { ORDERS, SPEC_CHANGES } from '../plan/impact-cases.ts'
import { installDefinition } from './database.ts'
import { withField } from '../constructs/with-field.ts'
import { CHILD_CASES } from './impact-child-cases.ts'
import type { FieldCase } from './impact-child-cases.ts'
import { ImpactLane } from './impact-lane.ts'
import type { ManifestChange, Outcome } from './impact-lane.ts'

const cluster = await useCluster()
const namespace = await createNamespace(cluster, 'impact')

/** Rows that no change of a running database can show here, and why. */
const WITHOUT_CASE: readonly (readonly [kind: string, field: string, because: RegExp, why: string])[] = [
  ['CustomResourceDefinition.apiextensions.k8s.io', '', /./, 'one definition serves every test of the cluster at once'],
  ['Namespace', '', /./, 'the namespace is the test`s, and not among its manifests'],
  ['StatefulSet.apps', '', /^Debian and Alpine/, 'the local node has one PostgreSQL for both'],
  ['Database.database.example.com', 'spec.replicas', /./, 'standbys.test.ts tries it'],
  ['Database.database.example.com', 'spec.tls', /./, 'tls.test.ts tries it'],
  ['StatefulSet.apps', 'spec.replicas', /^standbys/, 'standbys.test.ts tries it'],
  ['PodDisruptionBudget.policy', '', /./, 'it comes with standbys; it reaches no pod'],
  ['PodMonitor.monitoring.coreos.com', '', /./, 'the kinds of Prometheus are not in this cluster'],
  ['PrometheusRule.monitoring.coreos.com', '', /./, 'the kinds of Prometheus are not in this cluster'],
  ['Database.database.example.com', 'spec.monitoring', /./, 'neither the exporter nor those kinds are here'],
  ['StatefulSet.apps', '', /exporter/, 'neither the exporter nor those kinds are here'],
  ['CronJob.batch', '', /./, 'backups.test.ts runs it; it reaches no pod of the server'],
  [
    'Database.database.example.com',
    'spec.postgresVersion',
    /^another major/,
    'it takes an image whose tag tells nothing, and the local node knows images by their tags',
  ],
]

/** Fields whose change takes more than a database: other tests try it, and count restarts too. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'spec.replicas': 'standbys.test.ts, with a major that came with the programs of a standby',
  'spec.tls': 'tls.test.ts, with certificates',
  'spec.monitoring': 'nothing: neither the exporter nor the kinds of Prometheus are in this cluster',
}

const isElsewhere = (field: string): boolean => Object.keys(ELSEWHERE).some((start) => field.startsWith(start))

/** A database that a change may be made to, and the change. */
interface Case extends ManifestChange {
  readonly title: string
  readonly lane: string
  /** The one field that changes, where it is one. */
  readonly field?: FieldCase
}

const databaseOf = (name: string, change: Partial<DatabaseSpecInput>): Database =>
  ({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace },
    spec: { replicas: 1, deletionPolicy: 'Retain', ...ORDERS, ...change },
  }) as unknown as Database

const asObject = (database: Database): KubernetesObject => database

/** The gravest impact of the changed fields of one object, to choose a lane by. */
const guessed = (before: KubernetesObject, after: KubernetesObject): Impact | undefined =>
  worstImpact(differences(before, after).map((change) => impactOf(after, change, { before, after })?.impact))

function specCases(): Case[] {
  let turn = 0
  return SPEC_CHANGES.filter(({ before, field }) => before.image === undefined && !isElsewhere(field)).map(
    ({ field, before, after }, index): Case => {
      const [base, old, next] = [{}, before, after].map((change) => asObject(databaseOf('any', change))) as [
        KubernetesObject,
        KubernetesObject,
        KubernetesObject,
      ]
      const isCalm = [guessed(base, old), guessed(old, next)].every(
        (impact) => impact !== 'restart' && impact !== undefined,
      )
      // What a database must be made with needs one of its own.
      const isMadeSo = guessed(base, old) === 'refused'
      turn += isCalm || isMadeSo ? 0 : 1
      const lane = isMadeSo ? `made-${index}` : isCalm ? 'calm' : `restart-${turn % 2}`
      return {
        title: `${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
        lane,
        before: [asObject(databaseOf(lane, before))],
        after: [asObject(databaseOf(lane, after))],
      }
    },
  )
}

function childCases(): Case[] {
  let turn = 0
  return CHILD_CASES.map((one): Case => {
    const { impact } = judgementOf(one) ?? {}
    const isCalm = one.kind !== 'StatefulSet' || !(impact === 'restart' || one.field.startsWith('spec.template.'))
    turn += isCalm ? 0 : 1
    // What has grown cannot go back: the two that grow are in lanes of their own.
    const lane = isCalm && impact !== 'resize-online' ? 'calm' : `restart-${turn % 2}`
    const old = 'from' in one ? [{ ...one, to: one.from }] : []
    return {
      title: `${one.kind} ${one.field}: ${JSON.stringify(one.to)}`,
      lane,
      field: one,
      before: withFields(lane, old, one.live === true),
      after: withFields(lane, [one]),
      ...(one.flags === undefined ? {} : { flags: one.flags }),
    }
  })
}

const GROUPS: Readonly<Record<string, string>> = { StatefulSet: 'apps/v1', Database: API_VERSION }

const judgementOf = ({ kind, field, from, to }: FieldCase): ReturnType<typeof impactOf> =>
  impactOf({ apiVersion: GROUPS[kind] ?? 'v1', kind }, { path: field, before: from ?? '10Gi', after: to })

/** Manifests of a database, rendered, with fields set in them. */
function withFields(name: string, fields: readonly FieldCase[], withClaim = false): KubernetesObject[] {
  const database = databaseOf(name, {})
  const hasClaim = withClaim || fields.some(({ live }) => live === true)
  const all = [asObject(database), ...expandDatabase(database), ...(hasClaim ? [liveClaim(name)] : [])]
  return fields.reduce<KubernetesObject[]>((objects, { kind, field, to }) => {
    const target = objects.find((object) => object.kind === kind && !object.metadata.name.endsWith('-pods'))
    if (target === undefined) throw new Error(`no ${kind}`)
    return objects.map((object) => (object === target ? withField(target, field, to) : object))
  }, all)
}

/** A claim as somebody would write it who keeps it in Git. */
const liveClaim = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: `data-${name}-0`, namespace },
  spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', resources: { requests: { storage: '10Gi' } } },
})

/** A volume that grew cannot go back: these come last. */
const isForEver = ({ before, after }: Case): boolean => impactOfSets(before, after) === 'resize-online'

const impactOfSets = (before: readonly KubernetesObject[], after: readonly KubernetesObject[]): Impact | undefined =>
  worstImpact(after.map((object, index) => guessed(before[index] ?? object, object)))

/** Cases that show a row which none before them shows. */
function telling(cases: readonly Case[]): readonly Case[] {
  const seen = new Set<ImpactRow>()
  return cases.filter(({ before, after }) => {
    const rows = rowsOf(before, after).filter((row) => !seen.has(row))
    for (const row of rows) seen.add(row)
    return rows.length > 0
  })
}

const ALL = telling([...specCases(), ...childCases()])
const CASES = [...ALL.filter((one) => !isForEver(one)), ...ALL.filter(isForEver)]
const outcomes = new Map<Case, Outcome | Error>()

beforeAll(async () => {
  await installDefinition(cluster)
  const lanes = Map.groupBy(CASES, ({ lane }) => lane)
  await Promise.all(
    Array.from(lanes, async ([name, cases]) => {
      const lane = new ImpactLane(cluster, namespace, name)
      // A server that runs, unless it must be made in another way.
      if (!name.startsWith('made')) await lane.start([asObject(databaseOf(name, {}))])
      for (const together of turnsOf(cases)) {
        const outcome = await lane.take(merged(together)).catch((error: unknown) => error as Error)
        for (const one of together) outcomes.set(one, outcome)
      }
    }),
  )
}, 300_000)

/**
 * Cases that are made in one go. Where nothing is to happen by any of them, what they do together is what each does; all
 * others are made one by one.
 */
function turnsOf(cases: readonly Case[]): readonly (readonly Case[])[] {
  const groups = Map.groupBy(cases, (one) => {
    const { field, flags = [], title } = one
    const isQuiet = field !== undefined && !('from' in field) && visible(judgementOf(field)?.impact) === 'none'
    return isQuiet ? flags.join(' ') : title
  })
  return [...groups.values()]
}

/** Several cases of one database as one change. */
function merged(cases: readonly Case[]): ManifestChange {
  const [first, ...others] = cases
  if (first === undefined) throw new TypeError('no case')
  if (others.length === 0) return first
  const fields = cases.flatMap(({ field }) => field ?? [])
  const hasClaim = fields.some(({ live }) => live === true)
  return { ...first, before: withFields(first.lane, [], hasClaim), after: withFields(first.lane, fields, hasClaim) }
}

/** What `diff` printed for the case: for its field, where it was not alone. */
function saidOf({ field }: Case, { changes, said }: Outcome): Impact | undefined {
  const change = changes.find(({ object, action }) => object.kind === field?.kind && action !== 'unchanged')
  if (field === undefined || change === undefined || said === 'refused') return said
  const namesOf = (path: string): string =>
    parsePath(path)
      .filter((key) => !key.startsWith('['))
      .join('.')
  const [wanted] = [namesOf(field.field)]
  const printed = change.differences.find(({ path }) => wanted.startsWith(namesOf(path)))
  return printed === undefined ? said : printed.impact
}

/** Losing what keeps data does nothing at the moment. */
const visible = (impact: Impact | undefined): Impact | undefined => (impact === 'irreversible' ? 'none' : impact)

describe('what diff says is what happens:', () => {
  test.each(CASES)('$title', (one) => {
    const outcome = outcomes.get(one)
    if (outcome instanceof Error || outcome === undefined) throw outcome ?? new Error('was not tried')
    expect(outcome.happened, outcome.detail).toBe(visible(saidOf(one, outcome)))
  })
})

test('every row of the impact table has a case', () => {
  const seen = new Set(CASES.flatMap(({ before, after }) => rowsOf(before, after)))
  const isShown = (row: ImpactRow): boolean =>
    seen.has(row) ||
    WITHOUT_CASE.some(
      ([kind, field, because]) => row.kind === kind && row.field.startsWith(field) && because.test(row.because),
    )
  const missing = IMPACT_ROWS.filter((row) => !isShown(row))
  expect(missing.map(({ kind, field, impact, because }) => `${kind} ${field}: ${impact}, because ${because}`)).toEqual(
    [],
  )
})

/** Rows that answer for the fields in which two sets differ. */
function rowsOf(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): ImpactRow[] {
  const expanded = (objects: readonly KubernetesObject[]): KubernetesObject[] =>
    objects.length > 1 ? [...objects] : [...objects, ...expandDatabase(objects[0] as unknown as Database)]
  const old = new Map(expanded(before).map((object) => [formatReference(referenceOf(object)), object]))
  return expanded(after).flatMap((object) => {
    const former = old.get(formatReference(referenceOf(object)))
    if (former === undefined) return []
    return differences(former, object).flatMap((change) => {
      const leaves = leavesOf(parsePath(change.path), change.before, change.after)
      return leaves.flatMap((leaf) => rowOf(object, leaf, { before: former, after: object }) ?? [])
    })
  })
}

type Leaf = Parameters<NonNullable<ImpactRow['when']>>[0]

function fieldsOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [`[${index}]`, item])
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** A changed value, and everything in it: a row may be about a field that came with its parent. */
function leavesOf(path: readonly string[], before: unknown, after: unknown): Leaf[] {
  const [old, next] = [new Map(fieldsOf(before)), new Map(fieldsOf(after))]
  const keys = [...new Set([...old.keys(), ...next.keys()])]
  return [{ path, before, after }, ...keys.flatMap((key) => leavesOf([...path, key], old.get(key), next.get(key)))]
}

function rowOf(
  { apiVersion, kind }: KubernetesObject,
  leaf: Leaf,
  objects: { readonly before: KubernetesObject; readonly after: KubernetesObject },
): ImpactRow | undefined {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return IMPACT_ROWS.find(
    (row) =>
      row.kind === `${kind}${group}` &&
      isOfPattern(leaf.path, parsePath(row.field)) &&
      (row.when?.(leaf, objects) ?? true),
  )
}
