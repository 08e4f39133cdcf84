import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/api/exit-code.ts'
import type { Command } from '../../src/commands/command.ts'
import { COMMANDS as ALL } from '../../src/commands/commands.ts'
import { formatHelp } from '../../src/commands/help.ts'
import { scratchDirectory } from '../manifests/scratch-directory.ts'
import { runCli } from './cli-runs.ts'

const COMMANDS = Object.keys(ALL)
async function load(name: string): Promise<Command> {
  const entry = ALL[name]
  if (entry === undefined) throw new Error(`no command ${name}`)
  return (await entry.load()).command
}

describe('help', () => {
  test.each(COMMANDS)('of %s is what was reviewed', async (name) => {
    expect(formatHelp(await load(name))).toMatchSnapshot()
  })

  test.each(COMMANDS)('of %s names every flag once, with a meaning', async (name) => {
    const { flags } = await load(name)
    const text = formatHelp(await load(name))
    const shorts = Object.values(flags).flatMap(({ short }) => (short === undefined ? [] : [short]))
    expect(new Set(shorts).size).toBe(shorts.length)
    for (const [flag, { help }] of Object.entries(flags)) {
      expect(text.match(new RegExp(`--${flag}[ \\n]`, 'g'))?.length, flag).toBeGreaterThan(0)
      expect(help, flag).toMatch(/\.( |$)/)
    }
  })

  test('of every command fits a terminal of 160 columns', async () => {
    for (const name of COMMANDS) {
      for (const line of formatHelp(await load(name)).split('\n')) expect(line.length, line).toBeLessThanOrEqual(160)
    }
  })

  test('names every exit code', async () => {
    const text = formatHelp(await load('apply'))
    for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`\\b${code} `))
  })

  test('goes to standard output with 0, and with 2 where a command is missing', async () => {
    const directory = scratchDirectory()
    const asked = await runCli(['--help'], { directory })
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toMatchSnapshot()
    expect(await runCli([], { directory })).toMatchObject({ code: 2 })
    expect(await runCli(['apply', '--help'], { directory })).toMatchObject({
      code: 0,
      stdout: formatHelp(await load('apply')),
      stderr: '',
    })
    expect(await runCli(['--version'], { directory })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})
