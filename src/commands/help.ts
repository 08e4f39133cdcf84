import type { Command } from './command.ts'

const PROGRAM = 'cdk8s-database'

const EXIT_CODES = `exit codes: 0 done and ready · 1 failed, or differences · 2 usage, input or connection · 3 field conflict
            4 applied but not ready in time · 5 refused · 130 interrupted`

/** The text of `--help` without a command. */
export function formatOverview(commands: readonly (readonly [name: string, summary: string])[]): string {
  const lines = commands.map(([name, summary]) => `  ${name.padEnd(8)} ${summary}`)
  return `PostgreSQL on Kubernetes from one cdk8s construct.

usage: ${PROGRAM} COMMAND [flags]        in this repository: npm run COMMAND -- [flags]

${lines.join('\n')}

${PROGRAM} COMMAND --help shows the flags of a command.
${EXIT_CODES}
`
}

/** The text of a command's `--help`. */
export function formatHelp(command: Command): string {
  const flags = Object.entries(command.flags).map(([name, { short, value, help }]) => {
    const names = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
    return `  ${names.padEnd(28)} ${help}`
  })
  return `${command.summary}

usage: ${PROGRAM} ${command.usage}

${flags.join('\n')}

${EXIT_CODES}
`
}
