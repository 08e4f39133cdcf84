/** The file that the image runs: bundled, in an empty directory, on the real API server. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { installDefinition } from '../e2e/database.ts'

const cluster = await useCluster()
const namespace = await createNamespace(cluster, 'image')
const directory = mkdtempSync(join(tmpdir(), 'image-'))
const root = join(import.meta.dirname, '..', '..')

beforeAll(async () => {
  await installDefinition(cluster)
  execFileSync(process.execPath, [join(root, 'scripts', 'build-image.ts'), directory], { stdio: 'pipe' })
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('it makes the children of a Database without a package beside it', async () => {
  const manifest = join(root, 'examples', 'local', 'test-db.yaml')
  const args = ['diff', '-f', manifest, '-n', namespace, '--kubeconfig', cluster.kubeconfig]
  const result = await promisify(execFile)(process.execPath, [join(directory, 'cdk8s-database.mjs'), ...args], {
    cwd: directory,
    env: { HOME: directory },
  }).catch((error: unknown) => error as { code: number; stdout: string; stderr: string })
  expect(result, result.stderr).toMatchObject({ code: 1 })
  expect(result.stdout).toContain('plan: 10 create')
})

test('the release says where package and image come from, and no job may do more than that', () => {
  const workflow = parse(readFileSync(join(root, '.github', 'workflows', 'release.yml'), 'utf8')) as {
    permissions: object
    jobs: Record<string, { permissions: object; steps: { run?: string; uses?: string; with?: object }[] }>
  }
  expect(workflow.permissions).toEqual({ contents: 'read' })
  const { publish, image } = workflow.jobs
  expect(publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  expect(publish?.steps.at(-1)?.run).toContain('npm publish --provenance')
  expect(image?.permissions).toEqual({ contents: 'read', 'id-token': 'write', attestations: 'write' })
  const push = image?.steps.find(({ uses }) => uses?.startsWith('docker/build-push-action'))
  expect(push?.with).toMatchObject({ context: '.', push: true, provenance: 'mode=max', sbom: true })
  expect(image?.steps.at(-1)?.uses).toMatch(/^actions\/attest-build-provenance@/)
})

test('the Dockerfile copies what the build writes, and runs it as somebody', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const [file] = readdirSync(directory)
  expect(dockerfile).toContain(`/src/lib/image/${file} /app/${file}`)
  expect(dockerfile).toContain(`ENTRYPOINT ["node", "/app/${file}"]`)
  expect(dockerfile).toMatch(/^USER [1-9]/m)
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(scripts['build:image']).toBe('node scripts/build-image.ts')
})
