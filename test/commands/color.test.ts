import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { runCli } from './cli-runs.ts'

const TERMINAL = join(import.meta.dirname, '..', '..', 'src', 'report', 'terminal.ts')

/** What a styled word looks like in a process with these settings, its standard error being no terminal. */
function styled(color: string | undefined, environment: Readonly<Record<string, string>>): string {
  const script = `
    const { terminalOutput } = await import(${JSON.stringify(TERMINAL)})
    const output = terminalOutput(${color === undefined ? 'undefined' : JSON.stringify(color)})
    output.data(JSON.stringify(output.style('green', 'word')))
  `
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
  })
  expect(run.stderr).toBe('')
  return JSON.parse(run.stdout) as string
}

describe('colour', () => {
  test.each<[color: string | undefined, environment: Record<string, string>, isColored: boolean]>([
    [undefined, {}, false],
    ['auto', {}, false],
    ['always', {}, true],
    ['never', {}, false],
    ['auto', { FORCE_COLOR: '1' }, true],
    ['auto', { FORCE_COLOR: '1', TERM: 'dumb' }, true],
    ['never', { FORCE_COLOR: '1' }, false],
    ['auto', { NO_COLOR: '1' }, false],
    ['always', { NO_COLOR: '1' }, true],
  ])('with --color %s and %j is %j', (color, environment, isColored) => {
    expect(styled(color, environment)).toBe(isColored ? '\u001B[32mword\u001B[39m' : 'word')
  })

  test('is judged for each stream by itself', async () => {
    const { terminalOutput } = await import('../../src/report/terminal.ts')
    const streams = [
      Object.getOwnPropertyDescriptor(process, 'stdout'),
      Object.getOwnPropertyDescriptor(process, 'stderr'),
    ]
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 100, getColorDepth: () => 8 })
    const file = Object.assign(new PassThrough(), { isTTY: false })
    try {
      Object.defineProperty(process, 'stdout', { value: file, configurable: true })
      Object.defineProperty(process, 'stderr', { value: terminal, configurable: true })
      const { style, dataStyle } = terminalOutput('auto')
      expect([style('green', 'word'), dataStyle('green', 'word')]).toEqual(['\u001B[32mword\u001B[39m', 'word'])
    } finally {
      Object.defineProperty(process, 'stdout', streams[0] ?? {})
      Object.defineProperty(process, 'stderr', streams[1] ?? {})
      vi.unstubAllEnvs()
    }
  })

  test('settings that contradict each other are no reason for a warning of Node', async () => {
    const environment = { NO_COLOR: '1', FORCE_COLOR: '1' }
    const { stderr } = await runCli(['apply', '--timeout', '10'], { directory: import.meta.dirname, environment })
    expect(stderr).toMatch(/^error: --timeout 10 is not a duration\n.*\n$/)
  })
})
