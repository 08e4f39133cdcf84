/** kubectl as a user runs it, against a throwaway cluster. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { ControlPlaneFacts } from './supervision.ts'

/** How to run kubectl. */
export interface KubectlOptions {
  /** @default empty */
  readonly stdin?: string
  /** Path of another kubeconfig. @default the admin's */
  readonly kubeconfig?: string
}

/** What kubectl said. */
export interface KubectlResult {
  /** 0 when it succeeded; 128 and more when a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs kubectl to its end. @throws Error when it cannot be started. */
export function runKubectl(
  cluster: Pick<ControlPlaneFacts, 'kubectl' | 'kubeconfig' | 'directory'>,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const [file, ...first] = cluster.kubectl
  const child = spawn(file, [...first, ...args], {
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'],
      HOME: cluster.directory,
      KUBECONFIG: options.kubeconfig ?? cluster.kubeconfig,
      KUBECACHEDIR: join(cluster.directory, 'kubectl-cache'),
    },
  })
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }))
    // kubectl may end before it has read everything; its exit code says whether that matters.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
  })
}
