import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

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
})
