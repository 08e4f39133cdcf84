/** Manifests of many databases: synthesised once, copied for each side, edited between runs. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { IMAGES, databaseFacts } from './databases.ts'

/** One object as its file has it; only what is looked at is named. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** A directory of manifests, as `synth` writes it. */
export interface ManifestSet {
  readonly directory: string
  readonly databases: number
  readonly namespaces: readonly string[]
  /** Objects of all files as they were synthesised, whatever was edited since. */
  readonly objects: readonly Manifest[]
}

/** Whose set it is: part of the names of its namespaces, one character, so that all sets are of the same size. */
export type SetOwner = 'a' | 'b'

/** Names of the namespaces over which a set is spread. */
export function namespacesOf(owner: SetOwner, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `bench-${owner}-${String(index).padStart(3, '0')}`)
}

/** Runs the app of the benchmark; its output goes into `directory`. */
export async function synthesise(directory: string, databases: number, namespaces: number): Promise<ManifestSet> {
  mkdirSync(directory, { recursive: true })
  const names = namespacesOf('a', namespaces)
  const settings = { BENCH_DATABASES: String(databases), BENCH_NAMESPACES: names.join(',') }
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'app.ts')], {
    env: { PATH: process.env['PATH'], ...settings, CDK8S_OUTDIR: directory },
  })
  const objects = filesOf(directory).flatMap((file) =>
    parseAllDocuments(readFileSync(join(directory, file), 'utf8')).map((document) => document.toJS() as Manifest),
  )
  return { directory, databases, namespaces: names, objects }
}

/** Copies a set, for the same side or for another one, whose namespaces differ in one letter. */
export function copySet(set: ManifestSet, directory: string, owner: SetOwner): ManifestSet {
  if (owner === 'a') {
    cpSync(set.directory, directory, { recursive: true })
    return { ...set, directory }
  }
  const renamed = (text: string): string => text.replaceAll('bench-a-', `bench-${owner}-`)
  mkdirSync(directory, { recursive: true })
  for (const file of filesOf(set.directory)) {
    writeFileSync(join(directory, file), renamed(readFileSync(join(set.directory, file), 'utf8')))
  }
  const objects: readonly Manifest[] = JSON.parse(renamed(JSON.stringify(set.objects)))
  return { ...set, directory, namespaces: set.namespaces.map(renamed), objects }
}

/** Changes the image of the first databases, back and forth between two minors. @returns how many were changed */
export function changeImages(set: ManifestSet): number {
  const changed = Math.max(1, Math.round(set.databases / 100))
  for (let index = 0; index < changed; index += 1) {
    edit(set, index, (text) => {
      const [before, after] = text.includes(IMAGES[0]) ? IMAGES : IMAGES.toReversed()
      return text.replaceAll(before ?? '', after ?? '')
    })
  }
  return changed
}

/** Changes one object of the last database: an annotation of its Service, which nothing reacts to. */
export function changeOneObject(set: ManifestSet, value: string): void {
  edit(set, set.databases - 1, (text) => {
    const documents = parseAllDocuments(text)
    const service = documents.find((document) => document.get('kind') === 'Service')
    if (service === undefined) throw new Error('the last database has no Service')
    service.setIn(['metadata', 'annotations', 'bench.example.com/round'], value)
    return documents.map((document) => document.toString({ lineWidth: 0 }).replace(/^---\n/, '')).join('---\n')
  })
}

function edit(set: ManifestSet, index: number, change: (text: string) => string): void {
  const { name } = databaseFacts(index)
  const file = filesOf(set.directory).find((candidate) => candidate.includes(name))
  if (file === undefined) throw new Error(`no file of database ${name} in ${set.directory}`)
  const path = join(set.directory, file)
  const before = readFileSync(path, 'utf8')
  const after = change(before)
  if (after === before) throw new Error(`the edit of ${file} changed nothing`)
  writeFileSync(path, after)
}

function filesOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
}
