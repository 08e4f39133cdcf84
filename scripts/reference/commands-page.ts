import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../src/commands/command.ts'
import { COMMANDS } from '../../src/commands/commands.ts'
import { code, GENERATED, table } from './markdown.ts'

/** Codes with the meaning that stands beside them in the source. */
function exitCodes(): string[][] {
  const source = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'api', 'exit-code.ts'), 'utf8')
  const found = [...source.matchAll(/\/\*\* (.+?) \*\/\s+\w+: (\d+),/g)]
  return found.map(([, meaning = '', number = '']) => [number, meaning])
}

function section(name: string, { summary, usage, flags }: Command): string {
  const rows = Object.entries(flags).map(([flag, { short, value, help }]) => {
    const names = [...(short === undefined ? [] : [`-${short}`]), `--${flag}`].map(code).join(', ')
    return [value === undefined ? names : `${names} ${code(value)}`, help]
  })
  return `## ${name}

${summary.charAt(0).toUpperCase()}${summary.slice(1)}.

\`cdk8s-database ${usage}\`

${table(['Flag', 'Meaning'], rows)}
`
}

/** The page about the command line. */
export async function commandsPage(): Promise<string> {
  const loaded = Object.entries(COMMANDS).map(async ([name, { load }]) => section(name, (await load()).command))
  const sections = await Promise.all(loaded)
  return `${GENERATED}

# Commands

Installed, the program is \`cdk8s-database COMMAND\`; in this repository \`npm run COMMAND -- FLAGS\`. Standard output carries
results, standard error everything else.

${sections.join('\n')}
## Exit codes

${table(['Code', 'Meaning'], exitCodes())}
`
}
