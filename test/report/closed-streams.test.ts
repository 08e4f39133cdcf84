import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ONE_DATABASE, project } from '../manifests/projects.ts'

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')

test.runIf(existsSync('/dev/full'))('a full disk is told in one line and ends the command with 1', () => {
  const full = openSync('/dev/full', 'w')
  try {
    for (const argv of [['--help'], ['synth', '--stdout']]) {
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...argv], {
        cwd: project(ONE_DATABASE),
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      })
      expect(stderr).toBe('error: standard output cannot be written: no space left on device\n')
      expect(status).toBe(1)
    }
  } finally {
    closeSync(full)
  }
})
