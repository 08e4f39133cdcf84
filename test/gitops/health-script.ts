/** Argo CD's interpreter of health scripts, made with Go for the length of a test file. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOnPath } from '../cluster/programs-source.ts'

/** What a script says about one object. */
export interface HealthVerdict {
  readonly status?: string
  readonly message?: string
  /** Why the script ended otherwise. */
  readonly error?: string
}

/** Runs scripts. */
export interface HealthInterpreter {
  /** One verdict for each object, in their order. */
  judge(script: string, objects: readonly object[]): Promise<readonly HealthVerdict[]>
  /** Removes the program. */
  remove(): void
}

/** Builds the interpreter; `undefined` where this machine has no Go. Half a minute the first time, then a second. */
export async function buildInterpreter(): Promise<HealthInterpreter | undefined> {
  const go = await findOnPath('go')
  if (go === undefined) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'health-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  const program = join(directory, 'lua')
  try {
    await run(go, ['build', '-trimpath', '-o', program, '.'], '', join(import.meta.dirname, 'lua'))
  } catch (error) {
    remove()
    throw error
  }
  return {
    remove,
    judge: async (script, objects) => {
      const answer = await run(program, [], JSON.stringify({ script, objects }), directory)
      return JSON.parse(answer) as HealthVerdict[]
    },
  }
}

function run(file: string, args: readonly string[], input: string, directory: string): Promise<string> {
  // Without C, the standard library is the one that the control plane's build has compiled already.
  const child = spawn(file, args, { cwd: directory, stdio: 'pipe', env: { ...process.env, CGO_ENABLED: '0' } })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text))
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${file} ended with ${code ?? 'a signal'}: ${errors.trim()}`))
    })
  })
}
