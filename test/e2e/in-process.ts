/** The command line without a process of its own: for tests that need hundreds of runs. */
import type { CommandContext } from '../../src/commands/command.ts'
import { command as apply } from '../../src/commands/apply.ts'
import { command as diff } from '../../src/commands/diff.ts'
import { runCommand } from '../../src/commands/run.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import type { Failure } from '../../src/report/run-facts.ts'

const COMMANDS = { apply, diff } as const

/** What a run reported with `-o json`. */
export interface Report {
  readonly code: number
  readonly changes: readonly PlannedChange[]
  readonly failures: readonly Failure[]
  readonly messages: string
}

/** Runs a command on manifests, with `-o json`. */
export async function run(
  name: keyof typeof COMMANDS,
  manifests: readonly object[],
  { kubeconfig, flags }: { readonly kubeconfig: string; readonly flags: readonly string[] },
): Promise<Report> {
  let [data, messages] = ['', '']
  const plain = (_style: unknown, text: string): string => text
  const context: CommandContext = {
    output: {
      data: (text) => void (data += text),
      message: (text) => void (messages += text),
      terminal: false,
      columns: 80,
      style: plain,
      dataStyle: plain,
    },
    environment: { KUBECONFIG: kubeconfig },
    home: '/nonexistent',
    directory: '/',
    standardInput: () => manifests.map((object) => JSON.stringify(object)).join('\n---\n'),
    signal: new AbortController().signal,
    now: () => Date.now(),
  }
  const argv = ['-f', '-', '-o', 'json', ...flags]
  const code = await runCommand(COMMANDS[name], argv, () => Promise.resolve(context))
  const { changes = [], failures = [] } = JSON.parse(data === '' ? '{}' : data) as Partial<Report>
  return { code, changes, failures, messages }
}
