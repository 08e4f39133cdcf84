/** A shell as a reader of the lab has it: `kubectl` is on its path and talks to the demo's cluster. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { ControlPlane } from '../cluster/control-plane.ts'

/** Runs a line of shell to its end. @returns what it printed @throws Error with what it said when it failed */
export type Shell = (line: string) => Promise<string>

/** Opens one. What it needs goes into the directory of the cluster, and ends with it. */
export function openShell({ directory, kubeconfig, kubectlCommand }: ControlPlane): Shell {
  const programs = join(directory, 'shell')
  mkdirSync(programs, { recursive: true })
  const words = kubectlCommand.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
  writeFileSync(join(programs, 'kubectl'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 })
  const environment = {
    PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: directory,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(directory, 'kubectl-cache'),
  }
  return async (line) => (await promisify(execFile)('sh', ['-c', line], { env: environment })).stdout
}
