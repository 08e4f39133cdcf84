import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readOptions } from './options.ts'

interface Tour {
  readonly code: number | null
  readonly output: string
}

async function demo(flags: readonly string[], temporary = tmpdir()): Promise<Tour> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

describe('the demo', { timeout: 180_000 }, () => {
  test('walks a database from nothing to Ready, to its deletion and back, on a cluster that stays up until told to end', async () => {
    const { code, output } = await demo(['--keep'])
    expect(code, output).toBe(0)
    const kubeconfig = /export KUBECONFIG=(\S+)/.exec(output)?.[1] ?? ''
    const directory = /--stop (\S+)/.exec(output)?.[1] ?? ''
    expect(existsSync(kubeconfig)).toBe(true)
    const stopped = await demo(['--stop', directory])
    expect(stopped.output).toContain('ended the cluster')
    expect(existsSync(directory)).toBe(false)

    const phases = [...output.matchAll(/STATE TRANSITION: (\S+) -> (\S+)/g)].map(([, from, to]) => `${from} ${to}`)
    expect(phases).toEqual([
      '(new) Pending',
      'Pending Provisioning',
      'Provisioning Configuring',
      'Configuring Deploying',
      'Deploying Verifying',
      'Verifying Ready',
      'Ready Updating',
      'Updating Verifying',
      'Verifying Ready',
      '(new) Pending',
      'Pending Provisioning',
      'Provisioning Configuring',
      'Configuring Deploying',
      'Deploying Verifying',
      'Verifying Ready',
    ])
    expect(output).toContain('audit log of this run: 0 writes')
    expect(output).toMatch(/superuser\s+false/)
    expect(output).toContain('persistentvolumeclaim/data-test-db-0\nsecret/test-db-credentials')
  })

  test('walks through the lab word for word, with the controller and kubectl, and leaves nothing behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'demo-'))
    // The account that runs the containers has to get there.
    chmodSync(temporary, 0o755)
    onTestFinished(() => rmSync(temporary, { recursive: true }))
    const paceSeconds = 1
    const { code, output } = await demo(['--controller', '--pace', `${paceSeconds}s`], temporary)
    expect(code, output).toBe(0)
    expect(readdirSync(temporary)).toEqual([])
    const changes = [...output.matchAll(/STATE TRANSITION: \S+ -> (\S+)(?: after (\S+) s)?/g)]
    const phases = changes.map(([, phase]) => phase ?? '')
    const labPhases = ['Pending', 'Provisioning', 'Configuring', 'Deploying', 'Verifying', 'Ready']
    expect(phases.slice(0, labPhases.length)).toEqual(labPhases)
    expect(phases.at(-1)).toBe('Deleting')
    for (const [, phase, seconds] of changes.slice(1))
      expect(Number(seconds), phase).toBeGreaterThanOrEqual(paceSeconds)
    // What somebody sees who looks once a second; a busy machine may skip one.
    const seen = [...output.matchAll(/^ {2}([A-Z][a-z]+)$/gm)].map(([, phase]) => phase ?? '')
    expect(labPhases.filter((phase) => seen.includes(phase))).toEqual(seen)
    expect(seen.at(-1)).toBe('Ready')
    expect(output).toMatch(/Ready\s+True\s+AllChecksPassed/)
    expect(output).toMatch(/Progressing\s+False\s+ReconciliationComplete/)
    expect(output).toMatch(/test-db\s+ClusterIP/)
    expect(output).toContain('database.database.example.com "test-db" deleted')
    expect(output.trimEnd()).toMatch(/persistentvolumeclaim\/data-test-db-0\nsecret\/test-db-credentials$/)
  })

  test('ends the command that runs, and the cluster, when it is interrupted', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--pace', '60s'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const phase = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
          if (output.includes('STATE TRANSITION')) resolve()
        })
    })
    const closed = once(child, 'close')
    await Promise.race([phase, closed])
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
    expect(children.length).toBeGreaterThan(1)
    child.kill('SIGTERM')
    const [code] = (await closed) as [number | null]
    expect(code, output).toBe(130)
    expect(output).not.toContain('the demo failed')
    expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
  })
})

describe('flags of the demo', () => {
  test.each([
    [['--stop'], '--stop needs a directory: the one that --keep printed'],
    [['--stop', '--keep'], '--stop needs a directory: the one that --keep printed'],
    [['--stop='], '--stop needs a directory'],
    [['--frobnicate'], "Unknown option '--frobnicate'"],
    [['--keep=yes'], "Option '--keep' does not take an argument"],
    [['orders'], "Unexpected argument 'orders'"],
  ])('%j are refused in one line', (argv, message) => {
    expect(readOptions(argv)).toBe(message)
  })

  test('that are wrong end with exit code 2', async () => {
    const { code, output } = await demo(['--stop'])
    expect([code, output.trimEnd().split('\n').length]).toEqual([2, 1])
    expect(output).toMatch(/^error: --stop needs a directory/)
  })
})
