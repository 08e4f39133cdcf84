import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programDirectory } from './installation.ts'
import type { PodDirectory } from './pod-directory.ts'
import { giveAway } from './unprivileged.ts'

/** Every program that the bootstrap and the clone run. */
const PROGRAMS = [
  'cat',
  'grep',
  'head',
  'id',
  'initdb',
  'mkdir',
  'mv',
  'pg_basebackup',
  'pg_controldata',
  'postgres',
  'psql',
  'rm',
  'rmdir',
  'sed',
  'sync',
  'tr',
  'wc',
]

/** A call of a program: its name and which of its calls, counted from 1. */
export interface Call {
  readonly program: string
  readonly occurrence: number
}

/** When to kill the whole process group. */
export type KillMoment = Call &
  (
    | { readonly when: 'before' | 'after' }
    /** As soon as that shell pattern below the volume matches something. */
    | { readonly when: 'during'; readonly file: string }
  )

/**
 * Puts a recorder before every program of the script: each call is written down with its arguments, and at one of them
 * everything is killed, as the kernel does when a container ends: no cleanup, no trap.
 */
export async function recordPrograms(pod: PodDirectory, moment?: KillMoment): Promise<Recording> {
  const directory = join(pod.root, 'recorded')
  const log = join(pod.root, 'run', 'calls')
  await mkdir(directory, { recursive: true })
  await writeFile(log, '')
  await giveAway(log, 0o600)
  for (const program of PROGRAMS) {
    const real = realProgram(pod, program)
    if (real === undefined) continue
    await writeFile(join(directory, program), recorder(program, real, log, pod.mount, moment))
    await chmod(join(directory, program), 0o755)
  }
  await giveAway(directory, 0o755)
  pod.path.splice(0, pod.path.length, directory)
  return {
    calls: async () => (await readFile(log, 'utf8')).split('\0\n').filter((call) => call !== ''),
    stop: () => {
      pod.path.splice(0, pod.path.length)
    },
  }
}

/** What was recorded. */
export interface Recording {
  /** Each call: name and arguments, separated by NUL. */
  calls(): Promise<string[]>
  /** Runs the programs themselves from now on. */
  stop(): void
}

function recorder(program: string, real: string, log: string, mount: string, moment: KillMoment | undefined): string {
  const lines = ['#!/bin/sh', `printf '%s\\0' ${program} "$@" >>'${log}'`, `printf '\\n' >>'${log}'`]
  if (moment?.program === program) {
    // A file of its own: other programs of a pipeline run at the same time.
    lines.push(`echo >>'${log}.${program}'`, `number=$(/usr/bin/wc -l <'${log}.${program}')`)
    const action = {
      before: 'kill -KILL 0',
      after: `'${real}' "$@"; kill -KILL 0`,
      during: `(until [ -n "$(/bin/ls -d '${mount}'/${moment.when === 'during' ? moment.file : ''} 2>/dev/null)" ]; do /bin/sleep 0.01; done; kill -KILL 0) &`,
    }[moment.when]
    lines.push(`if [ "$number" -eq ${moment.occurrence} ]; then`, action, 'fi')
  }
  return `${[...lines, `exec '${real}' "$@"`].join('\n')}\n`
}

/** Where a program is; `undefined` where the installation of this major came without it, so that nobody can run it. */
function realProgram(pod: PodDirectory, program: string): string | undefined {
  const own = join(programDirectory(pod.major) ?? '', program)
  if (existsSync(own)) return own
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
  return found === '' ? undefined : found
}
