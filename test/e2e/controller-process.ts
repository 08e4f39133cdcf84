/** The controller as a process of its own, and what it says. */
import type { ChildProcess } from 'node:child_process'
import { vi } from 'vitest'
import { cli } from './command.ts'
import type { CommandOptions, CommandResult } from './command.ts'

/** A controller that runs. */
export interface ControllerProcess {
  readonly child: ChildProcess
  readonly ended: Promise<CommandResult>
  /** Everything that it logged so far. */
  said(): string
  /** Waits until it has logged that. */
  says(text: string, timeoutMs?: number): Promise<void>
  /** Ends it in good order. */
  stop(): Promise<CommandResult>
}

/** Starts one. @param flags after `controller` */
export function startController(
  flags: readonly string[],
  options: Pick<CommandOptions, 'kubeconfig' | 'environment'>,
): ControllerProcess {
  let said = ''
  const started: ChildProcess[] = []
  const ended = cli(['controller', ...flags], {
    ...options,
    onStart: (child) => {
      started.push(child)
      child.stdout?.on('data', (text: Buffer) => (said += text.toString()))
    },
  })
  const [child] = started
  if (child === undefined) throw new Error('the controller did not start')
  return {
    child,
    ended,
    said: () => said,
    async says(text, timeout = 45_000) {
      await vi.waitFor(
        () => {
          if (!said.includes(text)) throw new Error(`the controller did not say ${text} but:\n${said}`)
        },
        { timeout, interval: 50 },
      )
    },
    async stop() {
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      return ended
    },
  }
}
