/** Databases that the cases of the impact table are tried on, and the cases themselves as changes of their manifests. */
import { API_VERSION, GROUP, KIND } from '../../src/api/group.ts'
import type { Database } from '../../src/api/database.ts'
import { databaseCrd } from '../../src/api/crd.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { differences } from '../../src/plan/difference.ts'
import { impactOf, worstImpact } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import type { ImpactRow } from '../../src/plan/impact-row.ts'
import { withField } from '../constructs/with-field.ts'
import { ORDERS, SPEC_CHANGES } from '../plan/impact-cases.ts'
import { REPLICATION_MAJOR } from '../postgres/programs-under-test.ts'
import { CHILD_CASES } from './impact-child-cases.ts'
import type { FieldCase } from './impact-child-cases.ts'
import type { ManifestChange } from './impact-lane.ts'
import { rowsOf } from './impact-rows.ts'

/** A database that a change may be made to, and the change. */
export interface Case extends ManifestChange {
  readonly title: string
  readonly lane: string
  /** The one field that changes, where it is one. */
  readonly field?: FieldCase
}

/** Lanes whose databases are all of another kind. */
const OWN_LANES: Readonly<Record<string, RegExp>> = {
  standbys: /^spec\.replicas/,
  monitored: /^spec\.monitoring/,
}

/** What a lane's database is in every case. Standbys take programs that npm does not bring. */
const BASES: Readonly<Record<string, Partial<DatabaseSpecInput>>> =
  REPLICATION_MAJOR === undefined ? {} : { standbys: { image: `postgres:${REPLICATION_MAJOR}` } }

/** Databases of one namespace, and the changes that are to be made to them. */
export class ImpactDatabases {
  readonly #namespace: string
  /** A definition that is no other test's: one that changes closes every watch of its objects. */
  readonly definition: KubernetesObject

  constructor(namespace: string) {
    this.#namespace = namespace
    const text = JSON.stringify(databaseCrd()).replaceAll(GROUP, `${namespace}.example.com`)
    this.definition = JSON.parse(text) as KubernetesObject
  }

  /** The database of a lane before any case. */
  first(lane: string): KubernetesObject {
    return this.#database(lane, {})
  }

  /** Cases each of which shows a row that none before it shows; what cannot be taken back comes last. */
  cases(): readonly Case[] {
    const seen = new Set<ImpactRow>()
    const all = [...this.#specCases(), ...this.#childCases()].filter(({ before, after }) => {
      const rows = rowsOf(before, after).filter((row) => !seen.has(row))
      for (const row of rows) seen.add(row)
      return rows.length > 0
    })
    return [...all.filter((one) => !isForEver(one)), ...all.filter(isForEver)]
  }

  /** Several cases of one database as one change. */
  merged(cases: readonly Case[]): ManifestChange {
    const [first, ...others] = cases
    if (first === undefined) throw new TypeError('no case')
    if (others.length === 0) return first
    const fields = cases.flatMap(({ field }) => field ?? [])
    return { ...first, before: this.#with(first.lane, fields, []), after: this.#with(first.lane, fields, fields) }
  }

  #specCases(): Case[] {
    let turn = 0
    return SPEC_CHANGES.map(({ field, before, after }, index): Case => {
      const [base, old, next] = [{}, before, after].map((change) => this.#database('any', change)) as [
        KubernetesObject,
        KubernetesObject,
        KubernetesObject,
      ]
      const isCalm = [guessed(base, old), guessed(old, next)].every(
        (impact) => impact !== 'restart' && impact !== undefined,
      )
      // What a database must be made with needs one of its own.
      const isMadeSo = guessed(base, old) === 'refused'
      const own = Object.keys(OWN_LANES).find((name) => OWN_LANES[name]?.test(field))
      turn += own !== undefined || isCalm || isMadeSo ? 0 : 1
      const lane = own ?? (isMadeSo ? `made-${index}` : isCalm ? 'calm' : `restart-${turn % 2}`)
      return {
        title: `${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
        lane,
        before: [this.#database(lane, before)],
        after: [this.#database(lane, after)],
      }
    })
  }

  #childCases(): Case[] {
    let turn = 0
    return CHILD_CASES.map((one): Case => {
      const old = 'from' in one ? [{ ...one, to: one.from }] : []
      const impact = impactOfSets(this.#with('any', [one], old), this.#with('any', [one], [one]))
      const isOfPods = one.kind === 'StatefulSet' && (impact === 'restart' || one.field.startsWith('spec.template.'))
      const own = Object.keys(OWN_LANES).find((name) =>
        Object.keys(one.spec ?? {}).some((field) => OWN_LANES[name]?.test(`spec.${field}`)),
      )
      // What has grown cannot go back: it is tried where pods are replaced, and comes last.
      const isLoud = (isOfPods && impact !== 'refused') || impact === 'resize-online'
      turn += own === undefined && isLoud ? 1 : 0
      const lane = own ?? (isLoud ? `restart-${turn % 2}` : isOfPods ? 'not-started' : 'children')
      return {
        title: `${one.kind} ${one.suffix ?? ''}${one.field}: ${JSON.stringify(one.to)}`,
        lane,
        field: one,
        before: this.#with(lane, [one], old),
        after: this.#with(lane, [one], [one]),
        ...(one.flags === undefined ? {} : { flags: one.flags }),
        ...(one.owner === undefined ? {} : { owner: one.owner }),
      }
    })
  }

  #database(name: string, change: Partial<DatabaseSpecInput>): KubernetesObject {
    const spec = { replicas: 1, deletionPolicy: 'Retain', ...ORDERS, ...BASES[name], ...change }
    return { apiVersion: API_VERSION, kind: KIND, metadata: { name, namespace: this.#namespace }, spec }
  }

  /** Manifests of a database, rendered, with what the cases are about, and with fields set in them. */
  #with(name: string, cases: readonly FieldCase[], fields: readonly FieldCase[]): KubernetesObject[] {
    const database = this.#database(name, Object.assign({}, ...cases.map(({ spec }) => spec)) as FieldCase['spec'] & {})
    const all = [
      database,
      ...expandDatabase(database as unknown as Database),
      ...this.#others(name).filter(({ kind }) => cases.some((one) => one.kind === kind)),
    ]
    return fields.reduce<KubernetesObject[]>((objects, { kind, suffix, field, to }) => {
      const isMeant = ({ metadata }: KubernetesObject): boolean =>
        suffix === undefined ? !metadata.name.endsWith('-pods') : metadata.name === `${name}${suffix}`
      const target = objects.find((object) => object.kind === kind && isMeant(object))
      if (target === undefined) throw new Error(`no ${kind}`)
      return objects.map((object) => (object === target ? withField(target, field, to) : object))
    }, all)
  }

  /** What is not written for a database, as somebody would write it who keeps it in Git. */
  #others(name: string): KubernetesObject[] {
    const storage = {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: '10Gi' } },
    }
    return [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: `data-${name}-0`, namespace: this.#namespace },
        spec: storage,
      },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } },
      this.definition,
    ]
  }
}

/** What this machine cannot try, and why. */
const OBSTACLES: readonly (readonly [what: string, stands: boolean, isMet: (one: Case) => boolean])[] = [
  ['standbys: no programs to clone with', REPLICATION_MAJOR === undefined, ({ lane }) => lane === 'standbys'],
  ['the user of an image: it takes root', process.getuid?.() !== 0, ({ owner }) => owner !== undefined],
]
for (const [what, stands] of OBSTACLES) if (stands) process.stdout.write(`not tried on this machine: ${what}\n`)

/** Whether a case can be tried on this machine; where one cannot, that was printed. */
export const canBeTried = (one: Case): boolean => !OBSTACLES.some(([, stands, isMet]) => stands && isMet(one))

/** The gravest impact of the changed fields of one object, to choose a lane by. */
const guessed = (before: KubernetesObject, after: KubernetesObject): Impact | undefined =>
  worstImpact(differences(before, after).map((change) => impactOf(after, change, { before, after })?.impact))

/** Versions of kinds that are in a group. */
const VERSIONS: Readonly<Record<string, string>> = {
  Database: API_VERSION,
  StatefulSet: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  CronJob: 'batch/v1',
  PodDisruptionBudget: 'policy/v1',
  PodMonitor: 'monitoring.coreos.com/v1',
  PrometheusRule: 'monitoring.coreos.com/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
}

/** What the table says of the field of a case. */
export const judgementOf = ({ kind, field, from, to }: FieldCase): ReturnType<typeof impactOf> =>
  impactOf({ apiVersion: VERSIONS[kind] ?? 'v1', kind }, { path: field, before: from ?? '10Gi', after: to })

/** A volume that grew cannot go back: these come last. */
const isForEver = ({ before, after }: Case): boolean => impactOfSets(before, after) === 'resize-online'

const impactOfSets = (before: readonly KubernetesObject[], after: readonly KubernetesObject[]): Impact | undefined =>
  worstImpact(after.map((object, index) => guessed(before[index] ?? object, object)))
