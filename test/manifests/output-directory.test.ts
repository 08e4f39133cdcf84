import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOutput, replaceOutput } from '../../src/manifests/output-directory.ts'
import { scratchDirectory } from './scratch-directory.ts'

const BEFORE = { 'a.yaml': 'before: a\n', 'b/c.yaml': 'before: c\n' }
const AFTER = { 'a.yaml': 'after: a\n', 'd.yaml': 'after: d\n' }

/** Replaces the output in a process that is killed before its step with that number. @returns whether it came to that */
function isKilledAt(step: number, directory: string): boolean {
  const script = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    let step = 0
    for (const name of ['mkdirSync', 'renameSync', 'rmSync', 'writeFileSync']) {
      const original = fs[name]
      fs[name] = (...args) => (step++ === ${step} ? process.kill(process.pid, 'SIGKILL') : original(...args))
    }
    syncBuiltinESMExports()
    const { replaceOutput } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/manifests/output-directory.ts'))})
    replaceOutput(${JSON.stringify(directory)}, new Map(${JSON.stringify(Object.entries(AFTER))}))
  `
  const { signal, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  if (signal === null && status !== 0) throw new Error(String(stderr))
  return signal === 'SIGKILL'
}

const filesIn = (directory: string): Record<string, string> => Object.fromEntries(readOutput(directory))

test('a kill at any step of replacing the output leaves all files of before or all of after, and the next run ends it', () => {
  let wasMissing = 0
  let step = 0
  for (; ; step += 1) {
    const project = scratchDirectory(
      Object.fromEntries(Object.entries(BEFORE).map(([name, text]) => [`dist/${name}`, text])),
    )
    const directory = join(project, 'dist')
    const isKilled = isKilledAt(step, directory)
    // Between the two renames the old files stand beside, and are found there.
    if (!existsSync(directory)) wasMissing += 1
    expect([BEFORE, AFTER]).toContainEqual(filesIn(directory))
    replaceOutput(directory, new Map(Object.entries(AFTER)))
    expect(filesIn(directory)).toEqual(AFTER)
    expect(readdirSync(project)).toEqual(['dist'])
    if (!isKilled) break
  }
  expect(step).toBeGreaterThan(5)
  expect(wasMissing).toBe(1)
})
