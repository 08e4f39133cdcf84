import { formatObject } from '../api/object.ts'
import { impactsBetween } from '../plan/impact-between.ts'
import type { FieldImpact } from '../plan/impact-between.ts'
import { manifestsOf } from './manifest-source.ts'
import type { ManifestSource } from './manifest-source.ts'
import { podSecurityViolations } from './pod-security.ts'
import { podTemplatesOf } from './pod-template.ts'
import { retentionViolations } from './retention.ts'

/** What a matcher of vitest returns. */
interface Judgement {
  readonly pass: boolean
  readonly message: () => string
}

/** The lines of a failure: what was expected, then each thing in the way with object and field. */
function judgement(expected: string, found: readonly string[], opposite: string): Judgement {
  const lines = found.map((line) => `  ${line}`).join('\n')
  return { pass: found.length === 0, message: () => (found.length === 0 ? opposite : `${expected}\n${lines}`) }
}

const lineOf = (violation: { readonly object: string; readonly path: string; readonly message: string }): string =>
  `${violation.object}: ${violation.path} ${violation.message}`

/** Impacts of which a database takes no notice, or only of the kind that closes no connection. */
const KEEPS_RUNNING: ReadonlySet<FieldImpact['impact']> = new Set(['none', 'reload', 'resize-online', 'irreversible'])

function impactLine({ object, path, before, after, impact, because }: FieldImpact): string {
  const field = path === '' ? '' : `: ${path}`
  const values = path !== '' && isScalar(before) && isScalar(after) ? ` ${shown(before)} → ${shown(after)}` : ''
  return `${formatObject(object)}${field}${values}: ${impact ?? 'unknown'}, because ${because}`
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null

const shown = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value))

/**
 * Matchers for manifests. Importing `cdk8s-database/testing` adds them to vitest's `expect`.
 * @see https://vitest.dev/guide/extending-matchers
 */
export const databaseMatchers = {
  /** @see {@link DatabaseMatchers.toBeRestrictedPodSecurity} */
  toBeRestrictedPodSecurity(received: unknown): Judgement {
    const objects = manifestsOf(received)
    const pods = objects.flatMap(podTemplatesOf).length
    return judgement(
      'expected every pod to keep to the restricted Pod Security Standard, but:',
      podSecurityViolations(objects).map(lineOf),
      `expected a pod that does not keep to the restricted Pod Security Standard, but all ${pods} do`,
    )
  },

  /** @see {@link DatabaseMatchers.toRetainData} */
  toRetainData(received: unknown): Judgement {
    return judgement(
      'expected data and credentials to outlive everything else, but:',
      retentionViolations(manifestsOf(received)).map(lineOf),
      'expected data or credentials to go with something else, but they are retained',
    )
  },

  /** @see {@link DatabaseMatchers.toNotRestart} */
  toNotRestart(received: unknown, before: ManifestSource): Judgement {
    const impacts = impactsBetween(manifestsOf(before), manifestsOf(received))
    return judgement(
      'expected no database to restart, but:',
      impacts.filter(({ impact }) => !KEEPS_RUNNING.has(impact)).map(impactLine),
      `expected a database to restart, but ${impacts.length === 0 ? 'nothing changes' : 'none of the changes does that'}`,
    )
  },
} as const

/** The matchers as a test sees them. */
export interface DatabaseMatchers<Result> {
  /**
   * Every pod and every template of one keeps to the restricted Pod Security Standard: those of Jobs and CronJobs, init
   * containers and ephemeral containers too.
   */
  toBeRestrictedPodSecurity(): Result
  /** Nothing in the manifests lets the data of a database, or its password, go with something else. */
  toRetainData(): Result
  /**
   * No database restarts when these manifests take the place of earlier ones. A change that is refused, or of which the
   * impact table knows nothing, fails too.
   * @param before the manifests that the cluster has now, for instance the text of `dist/`
   */
  toNotRestart(before: ManifestSource): Result
}
