#!/usr/bin/env node
/**
 * argv → command → exit code. Each command is loaded when it is called, so that `--help` and `status` do not pay for
 * what only synthesis needs.
 */
import { closest } from './api/closest.ts'
import { EXIT } from './api/exit-code.ts'
import type { ExitCode } from './api/exit-code.ts'
import { COMMANDS } from './commands/commands.ts'
import { formatHelp, formatOverview } from './commands/help.ts'
import type { CommandContext } from './commands/command.ts'
import { guardStreams } from './report/closed-streams.ts'
import { formatError } from './report/error-lines.ts'

/** Oldest release that has everything we call; as in package.json, which a test compares. */
const OLDEST_NODE = '22.19'

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(formatOverview(Object.entries(COMMANDS).map(([command, { summary }]) => [command, summary])))
    return name === undefined ? EXIT.usage : EXIT.done
  }
  if (name === '--version') {
    const { VERSION } = await import('./version.ts')
    process.stdout.write(`${VERSION}\n`)
    return EXIT.done
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) {
    const suggestion = closest(name, Object.keys(COMMANDS))
    process.stderr.write(
      formatError({
        what: `unknown ${name.startsWith('-') ? 'flag' : 'command'} ${name}`,
        remedy: suggestion === undefined ? 'cdk8s-database --help' : `did you mean ${suggestion}?`,
      }),
    )
    return EXIT.usage
  }
  if (isOlder(process.versions.node, OLDEST_NODE)) {
    const what = `cdk8s-database needs Node ${OLDEST_NODE} or newer`
    const where = `Node ${process.versions.node} (${process.execPath})`
    process.stderr.write(formatError({ what, where, remedy: 'install a newer Node: https://nodejs.org' }))
    return EXIT.usage
  }
  keepCompiledCode()
  const { command } = await entry.load()
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(formatHelp(command))
    return EXIT.done
  }
  const { runCommand } = await import('./commands/run.ts')
  return runCommand(command, rest, openContext)
}

/**
 * Lets Node keep what it compiles beside the installed packages, as it does for the app (`src/manifests/app-runner.ts`):
 * from the second run on, starting takes two thirds of the time. Where that cannot be written, nothing is kept.
 */
function keepCompiledCode(): void {
  const parentOf = (path: string): string => path.replace(/[\\/][^\\/]+$/, '')
  const root = parentOf(import.meta.dirname)
  const modules = /[\\/]node_modules$/.test(parentOf(root)) ? parentOf(root) : `${root}/node_modules`
  // Not imported, which would be one more file of the bundle for every start.
  process.getBuiltinModule('node:module').enableCompileCache(`${modules}/.cache/cdk8s-database`)
}

/** Compares major and minor. By hand: the first `localeCompare` of a process takes ten milliseconds. */
function isOlder(version: string, than: string): boolean {
  const [[major = 0, minor = 0], [oldestMajor = 0, oldestMinor = 0]] = [
    version.split('.').map(Number),
    than.split('.').map(Number),
  ]
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

const interruption = new AbortController()

/** The process as commands see it. */
async function openContext(color: unknown): Promise<CommandContext> {
  const [{ homedir }, { readFileSync }, { terminalOutput }] = await Promise.all([
    import('node:os'),
    import('node:fs'),
    import('./report/terminal.ts'),
  ])
  return {
    output: terminalOutput(color),
    environment: process.env,
    home: homedir(),
    directory: process.cwd(),
    standardInput: () => readFileSync(0, 'utf8'),
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
    signal: interruption.signal,
    now: () => Date.now(),
  }
}

async function ask(question: string): Promise<string> {
  const { askOnTerminal } = await import('./report/question.ts')
  return askOnTerminal(question, interruption.signal)
}

/** The first signal ends the run in order, the second at once. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted)
    interruption.abort(new Error(`interrupted by ${signal}`))
  })
}

// FORCE_COLOR overrules NO_COLOR; where both are set, Node prints a warning about them in the middle of our output.
if (process.env['FORCE_COLOR'] !== undefined) delete process.env['NO_COLOR']
guardStreams()
process.exitCode = await main(process.argv.slice(2))
