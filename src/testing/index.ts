/**
 * What a test of manifests imports from `cdk8s-database/testing`, beside vitest. Importing it adds the matchers to
 * `expect`; a file in `setupFiles` of vitest's configuration does that for every test.
 */
import { expect } from 'vitest'
import { databaseMatchers } from './matchers.ts'
import type { DatabaseMatchers } from './matchers.ts'

expect.extend(databaseMatchers)

declare module 'vitest' {
  // vitest's own names and bounds: TypeScript merges interfaces only where these agree.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends DatabaseMatchers<R> {
    // eslint needs no body
  }
}

export { databaseMatchers } from './matchers.ts'
export type { DatabaseMatchers } from './matchers.ts'
export { expectGoldenManifests, goldenText } from './golden.ts'
export { manifestsOf } from './manifest-source.ts'
export type { ManifestSource } from './manifest-source.ts'
export { podSecurityViolations } from './pod-security.ts'
export type { PodSecurityViolation } from './pod-security.ts'
export { retentionViolations } from './retention.ts'
export type { RetentionViolation } from './retention.ts'
