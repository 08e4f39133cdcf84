/** A cluster that has never heard of databases. */
import { afterAll, describe, expect, test } from 'vitest'
import { isStoredWrite } from '../cluster/audit-log.ts'
import { startControlPlane } from '../cluster/control-plane.ts'
import { cli } from './command.ts'
import { CRD_FILE, labManifest } from './database.ts'
import { databaseCrd } from '../../src/api/crd.ts'

const controlPlane = await startControlPlane({ audit: 'Metadata' })
afterAll(() => controlPlane.stop())
const { kubeconfig } = controlPlane

describe('without the definition', () => {
  test('apply ends with exit code 2, says how to install it, and writes nothing', async () => {
    const { code, stderr } = await cli(['apply', '-f', '-'], { kubeconfig, stdin: labManifest() })
    expect(stderr).toMatch(
      /^error: Database default\/test-db: CRDMissing: .+\n {3}at: -:1\n {2}try: install it first: npm run apply -- -f dist\/database-crd\.k8s\.yaml .+\n$/m,
    )
    expect(code).toBe(2)
    const ours = (await controlPlane.auditEvents()).filter(
      (event) => event.userAgent?.startsWith('cdk8s-database') === true && isStoredWrite(event),
    )
    expect(ours).toEqual([])
  })

  test('status says what is missing', async () => {
    const { code, stderr } = await cli(['status'], { kubeconfig })
    expect(stderr).toMatch(/^error: .*Database.*\n/m)
    expect(code).toBe(2)
  })
})

describe('definition and resource in one go', () => {
  test('are applied in order; without waiting the database is left to itself', async () => {
    const { code, stdout, stderr } = await cli(['apply', '-f', CRD_FILE, '-f', '-', '--no-wait'], {
      kubeconfig,
      stdin: labManifest(),
    })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('11 created')
  })

  test('the stored definition holds every rule that was synthesised', async () => {
    const { body } = await controlPlane.request(
      'GET',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/databases.database.example.com',
    )
    const stored = JSON.stringify((body as { spec: { versions: unknown } }).spec.versions)
    const rules = [...JSON.stringify(databaseCrd()['spec']).matchAll(/"rule":("(?:[^"\\]|\\.)*")/g)].map(
      ([, rule]) => rule ?? '',
    )
    expect(rules.length).toBeGreaterThan(25)
    expect(rules.filter((rule) => !stored.includes(rule))).toEqual([])
  })
})
