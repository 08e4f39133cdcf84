/** Builds the multi-call control plane binary with the Go toolchain of this machine. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { findOnPath, moduleDirectory } from './programs-source.ts'
import type { ProgramVersions } from './programs-source.ts'

const progressEveryMs = 30_000

/**
 * Writes `control-plane` into `directory`.
 *
 * About five minutes and a gigabyte of downloads the first time, seconds with a warm Go build cache.
 *
 * @throws Error when there is no Go, or with the end of the compiler's output.
 */
export async function buildPrograms(
  directory: string,
  versions: ProgramVersions,
  log: (line: string) => void,
): Promise<void> {
  const go = await findOnPath('go')
  if (go === undefined) throw new Error('there is no go on PATH')
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(versions.kubernetes) ?? []
  const version = 'k8s.io/component-base/version'
  const linkerFlags = [
    '-s -w',
    `-X ${version}.gitVersion=${versions.kubernetes}`,
    `-X ${version}.gitMajor=${major}`,
    `-X ${version}.gitMinor=${minor}`,
  ].join(' ')
  const args = ['build', '-trimpath', '-ldflags', linkerFlags, '-o', join(directory, 'control-plane'), '.']

  log(`building Kubernetes ${versions.kubernetes} from source, once for this machine: about 5 minutes`)
  const started = Date.now()
  const progress = setInterval(() => {
    log(`still building the control plane, ${Math.round((Date.now() - started) / 1000)} s`)
  }, progressEveryMs)
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(go, args, {
        cwd: moduleDirectory,
        env: { ...process.env, CGO_ENABLED: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let tail = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        tail = (tail + text).slice(-2000)
      })
      child.on('error', reject)
      child.on('close', (code) => {
        if (code === 0) resolve()
        else reject(new Error(`go build ended with ${code ?? 'a signal'}: ${tail.trim()}`))
      })
    })
  } finally {
    clearInterval(progress)
  }
  log(`built the control plane in ${Math.round((Date.now() - started) / 1000)} s`)
}
