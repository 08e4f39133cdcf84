/** The examples do what they say: they parse, their manifests are current, their scripts run. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiClient } from '../cluster/api-client.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { ROOT } from '../docs/pages.ts'
import { cli } from '../e2e/command.ts'
import type { CommandResult } from '../e2e/command.ts'
import { installDefinition, labManifest } from '../e2e/database.ts'
import { scratchDirectory } from '../manifests/scratch-directory.ts'
import { application, gitRepository, kustomization, workflow } from './foreign-kinds.ts'

const EXAMPLES = join(ROOT, 'examples')
const textOf = (...path: string[]): string => readFileSync(join(EXAMPLES, ...path), 'utf8')
const documentsOf = (...path: string[]): unknown[] =>
  parseAllDocuments(textOf(...path)).map((document) => document.toJS() as unknown)

describe('the app for Argo CD', () => {
  const files = (directory: string): Record<string, string> =>
    Object.fromEntries(readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'utf8')]))

  test('writes what stands in its dist/', async () => {
    // The package as it would be installed, but from its source: a fresh clone has not been built.
    const source = textOf('argocd', 'main.ts').replace(
      "'cdk8s-database'",
      JSON.stringify(join(ROOT, 'src', 'index.ts')),
    )
    const directory = scratchDirectory({
      'main.ts': source,
      'cdk8s.yaml': textOf('argocd', 'cdk8s.yaml'),
      'package.json': textOf('argocd', 'package.json'),
    })
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'dir')
    const { code, stderr } = await cli(['synth'], { directory })
    expect(code, stderr).toBe(0)
    const written = files(join(directory, 'dist'))
    if (process.env['UPDATE_GOLDEN'] === '1')
      for (const [file, text] of Object.entries(written)) writeFileSync(join(EXAMPLES, 'argocd', 'dist', file), text)
    expect(files(join(EXAMPLES, 'argocd', 'dist')), 'UPDATE_GOLDEN=1 writes them').toEqual(written)
  })

  test('names the versions that this package asks for', () => {
    const { peerDependencies, peerDependenciesMeta, version } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    ) as {
      peerDependencies: Record<string, string>
      peerDependenciesMeta: Record<string, { optional?: boolean }>
      version: string
    }
    const needed = Object.entries(peerDependencies).filter(([name]) => peerDependenciesMeta[name]?.optional !== true)
    const { dependencies } = JSON.parse(textOf('argocd', 'package.json')) as { dependencies: Record<string, string> }
    expect(dependencies).toEqual({ ...Object.fromEntries(needed), 'cdk8s-database': `^${version}` })
  })

  test('is far below what Argo CD reads of one directory', () => {
    const bytes = Object.values(files(join(EXAMPLES, 'argocd', 'dist'))).reduce((sum, text) => sum + text.length, 0)
    expect(bytes).toBeLessThan(200_000)
  })
})

describe('the files for the tools', () => {
  test('have no field that the tools do not know', () => {
    const [app] = documentsOf('argocd', 'application.yaml')
    application.parse(app)
    const [source, sync, ...more] = documentsOf('flux', 'sync.yaml')
    gitRepository.parse(source)
    kustomization.parse(sync)
    expect(more).toEqual([])
    kustomization.parse(parse(readFileSync(join(ROOT, 'gitops', 'flux', 'kustomization.yaml'), 'utf8')))
  })

  test('point at each other, and at what is there', () => {
    const { spec } = application.parse(documentsOf('argocd', 'application.yaml')[0])
    const [source, sync] = documentsOf('flux', 'sync.yaml')
    const repository = gitRepository.parse(source)
    const { spec: flux } = kustomization.parse(sync)
    expect(readdirSync(join(EXAMPLES, 'argocd'))).toContain(spec.source.path)
    expect(flux.path).toBe(`./${spec.source.path}`)
    expect(flux.sourceRef.name).toBe(repository.metadata.name)
    expect([repository.spec.url, repository.spec.ref.branch]).toEqual([spec.source.repoURL, spec.source.targetRevision])
  })

  test('hold the health check that is tested', () => {
    const shipped = kustomization.parse(parse(readFileSync(join(ROOT, 'gitops', 'flux', 'kustomization.yaml'), 'utf8')))
    const used = kustomization.parse(documentsOf('flux', 'sync.yaml')[1])
    expect(used.spec.healthCheckExprs).toEqual(shipped.spec.healthCheckExprs)
  })
})

describe('the workflow', () => {
  const { jobs, on, permissions } = workflow.parse(documentsOf('ci', 'databases.yaml')[0])
  const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => ('run' in step ? step.run : [])))
  const scriptOf = (job: string): string => {
    const found = jobs[job]?.steps.find((step) => 'name' in step && step.name !== undefined)
    if (found === undefined || !('run' in found)) throw new Error(`job ${job} has no named step with a script`)
    return found.run
  }

  test('gives each job what it needs and no more', () => {
    expect(permissions).toEqual({ contents: 'read' })
    expect(Object.values(jobs).filter((job) => job.permissions !== undefined)).toEqual([jobs['plan']])
    expect(on.push.branches).toEqual(['main'])
    for (const { needs } of Object.values(jobs)) if (needs !== undefined) expect(Object.keys(jobs)).toContain(needs)
  })

  test('calls commands that exist, with flags that they have', async () => {
    const calls = scripts.flatMap((script) => [
      ...script.replaceAll('\\\n', ' ').matchAll(/npx cdk8s-database ([^>|&\n]+)/g),
    ])
    expect(calls.map(([, call = '']) => call.split(' ')[0])).toEqual(['synth', 'diff', 'apply'])
    for (const [, call = ''] of calls) {
      const [command = '', ...flags] = call.trim().split(/ +/)
      const { stdout, code } = await cli([command, '--help'])
      expect(code).toBe(0)
      for (const flag of flags.filter((word) => word.startsWith('-')))
        expect(stdout, `${command} ${flag}`).toMatch(new RegExp(`(^|[ ,])${flag}\\b`, 'm'))
    }
  })

  describe('on a cluster', async () => {
    const cluster = await useControlPlane()
    const namespace = await createNamespace(cluster, 'workflow')
    const client = new ApiClient({ ...cluster, token: cluster.adminToken })
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

    beforeAll(() => installDefinition(cluster))
    afterAll(() => client.close())

    /** Runs a step as GitHub does, with programs of ours under the names that it calls. */
    async function runStep(script: string, dist: string): Promise<CommandResult & { readonly called: string }> {
      const node = JSON.stringify(process.execPath)
      const command = JSON.stringify(join(ROOT, 'src', 'cli.ts'))
      const kubectl = cluster.kubectlCommand.map((word) => JSON.stringify(word)).join(' ')
      const directory = scratchDirectory({
        'dist/database.yaml': dist,
        'bin/npx': `#!/bin/sh\nshift\necho "$@" >> called\nexec ${node} ${command} "$@"\n`,
        'bin/gh': '#!/bin/sh\necho gh "$@" >> called\n',
        'bin/kubectl': `#!/bin/sh\nexec ${kubectl} "$@"\n`,
        called: '',
      })
      const child = spawn(
        'bash',
        ['-e', '-o', 'pipefail', '-c', `chmod +x bin/*\nexport PATH="$PWD/bin:$PATH"\n${script}`],
        {
          cwd: directory,
          stdio: 'pipe',
          env: {
            PATH: process.env['PATH'],
            HOME: directory,
            RUNNER_TEMP: directory,
            GITHUB_STEP_SUMMARY: join(directory, 'summary'),
            GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
            PULL_REQUEST: '7',
            KUBECONFIG_TEXT: readFileSync(cluster.kubeconfig, 'utf8'),
          },
        },
      )
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
      const code = await new Promise<number>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', (found) => resolve(found ?? 143))
      })
      return { code, stdout, stderr, called: readFileSync(join(directory, 'called'), 'utf8') }
    }

    const manifest = (size: string): string =>
      labManifest({ 'name: test-db': `name: test-db\n  namespace: ${namespace}`, '10Gi': size })

    test('comments a plan, and passes where something would change', async () => {
      const { code, stderr, called } = await runStep(scriptOf('plan'), manifest('10Gi'))
      expect(code, stderr).toBe(0)
      expect(called).toMatch(/^diff -f dist --as-keeper -o markdown .*\ngh pr comment 7 .*--body-file \S+plan\.md\n$/)
    })

    test('fails where the manifests are wrong', async () => {
      const { code } = await runStep(scriptOf('plan'), manifest('much'))
      expect(code).toBe(2)
    })

    test('waits for the sync of its own commit before it walks the phases', async () => {
      await client.create(definitions, APPLICATIONS)
      try {
        await client.create('/api/v1/namespaces', { metadata: { name: 'argocd' } })
        const app = documentsOf('argocd', 'application.yaml')[0] as object
        const revision = '0123456789abcdef0123456789abcdef01234567'
        const status = { operationState: { syncResult: { revision } }, sync: { status: 'Synced' } }
        const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'
        await expect
          .poll(
            () =>
              client.create(path, { ...app, status }).then(
                () => true,
                () => false,
              ),
            { timeout: 20_000 },
          )
          .toBe(true)
        const script = scriptOf('phases').replace('apply -f dist', 'apply -f dist --dry-run')
        const { code, stderr, called } = await runStep(script, manifest('10Gi'))
        expect(code, stderr).toBe(0)
        expect(called).toMatch(/^apply -f dist --dry-run --timeout 20m -o github\n$/)
      } finally {
        await client.delete('/api/v1/namespaces/argocd')
        await client.delete(`${definitions}/${APPLICATIONS.metadata.name}`)
      }
    })
  })
})

/** A stand-in for Argo CD's definition: any field, no status subresource. */
const APPLICATIONS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'applications.argoproj.io',
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in' },
  },
  spec: {
    group: 'argoproj.io',
    scope: 'Namespaced',
    names: { kind: 'Application', plural: 'applications', singular: 'application' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
