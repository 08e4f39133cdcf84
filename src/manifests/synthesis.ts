import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { InputError } from '../api/input-error.ts'
import type { Document } from './document.ts'
import { readAppConfiguration, runApp } from './app-runner.ts'
import { refuseDuplicates } from './duplicates.ts'
import { readOutput, recoverOutput, replaceOutput } from './output-directory.ts'
import { parseManifests } from './read.ts'

/** How the files of a synthesis differ from those on disk. */
export interface OutputChange {
  /** Path relative to the output directory. */
  readonly file: string
  readonly change: 'added' | 'changed' | 'removed'
}

/** The result of running the app. */
export interface Synthesis {
  /** Output directory, as the user would name it. */
  readonly output: string
  /** Manifests by file name, in order. */
  readonly files: ReadonlyMap<string, string>
  /** The objects in them. */
  readonly documents: readonly Document[]
  /** What writing them would change on disk. */
  readonly changes: readonly OutputChange[]
}

/**
 * Runs the app of a project and checks what it wrote, without touching the output directory.
 * @throws InputError where the app fails, writes nothing, or writes the same object twice
 */
export function synthesise(project: string, environment: Readonly<Record<string, string | undefined>>): Synthesis {
  const { app, output } = readAppConfiguration(project)
  const directory = mkdtempSync(join(tmpdir(), 'cdk8s-database-synth-'))
  try {
    runApp(project, app, directory, environment)
    const files = new Map([...readOutput(directory)].filter(([file]) => file.endsWith('.yaml')))
    if (files.size === 0) {
      throw new InputError('the app wrote no manifests', {
        where: app,
        remedy: 'call app.synth() at its end, and keep the extension .yaml',
      })
    }
    const documents = [...files].flatMap(([file, text]) => parseManifests(text, join(output, file)))
    refuseDuplicates(documents)
    return { output, files, documents, changes: changesOf(readOutput(resolve(project, output)), files) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Writes a synthesis: the output directory holds exactly its files afterwards. Writes nothing where nothing changed. */
export function writeSynthesis(project: string, synthesis: Synthesis): void {
  const directory = resolve(project, synthesis.output)
  if (synthesis.changes.length > 0) replaceOutput(directory, synthesis.files)
  else recoverOutput(directory)
}

function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): OutputChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return names.flatMap((file): OutputChange[] => {
    if (!after.has(file)) return [{ file, change: 'removed' }]
    if (!before.has(file)) return [{ file, change: 'added' }]
    return before.get(file) === after.get(file) ? [] : [{ file, change: 'changed' }]
  })
}
