import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, LineCounter, parseAllDocuments } from 'yaml'
import type { Document as YamlDocument } from 'yaml'
import { InputError } from '../api/input-error.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { Document } from './document.ts'

/** Largest file that is read: more than any manifest needs, less than would fill the memory. */
const MAXIMUM_BYTES = 64 * 1024 * 1024

/**
 * Reads manifests from files, directories (all `.yaml`, `.yml` and `.json` below them, in the order of their names)
 * and `-` (standard input). All or nothing: one unreadable document fails the whole set.
 * @throws InputError naming the file and line
 */
export function readManifests(paths: readonly string[], standardInput: () => string): Document[] {
  const documents = paths.flatMap((path) =>
    filesOf(path).flatMap((file) => parseManifests(textOf(file, standardInput), file)),
  )
  if (documents.length === 0) {
    throw new InputError('no manifests found', {
      where: paths.join(', '),
      remedy: 'name a file or a directory that holds Kubernetes objects with -f, or write dist/ first: npm run synth',
    })
  }
  return documents
}

function filesOf(path: string): string[] {
  if (path === '-') return [path]
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) {
    const remedy = path === 'dist' ? 'write it first: npm run synth' : 'check the path given with -f'
    throw new InputError(`${path} does not exist`, { where: path, remedy })
  }
  if (stats.isFile()) return [path]
  if (!stats.isDirectory()) throw new InputError(`${path} is neither a file nor a directory`, { where: path })
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

function textOf(file: string, standardInput: () => string): string {
  if (file === '-') return standardInput()
  if (statSync(file).size > MAXIMUM_BYTES) throw new InputError(`${file} is larger than 64 MiB`, { where: file })
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(`${file} cannot be read`, { where: file, remedy: 'check its permissions', cause })
  }
}

/**
 * Parses one text of YAML documents, as kubectl reads it: YAML 1.1 scalars, no duplicate keys, no custom tags. A
 * `List` is taken apart into its items.
 * @throws InputError naming the line
 */
export function parseManifests(text: string, file: string): Document[] {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter: lines, version: '1.1', uniqueKeys: true, strict: true })
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((yaml) => documentsOf(yaml, file, lines))
}

function documentsOf(yaml: YamlDocument.Parsed, file: string, lines: LineCounter): Document[] {
  const problem = yaml.errors[0] ?? yaml.warnings[0]
  if (problem !== undefined) {
    const summary = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML'
    throw new InputError(summary, {
      where: `${file}:${lines.linePos(problem.pos[0]).line}`,
      remedy: 'correct the file, or write dist/ again: npm run synth',
    })
  }
  const value: unknown = yaml.toJS({ maxAliasCount: 100 })
  if (value === null || value === undefined) return []
  const line = lines.linePos(yaml.contents?.range?.[0] ?? 0).line
  const lineOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const position = positionOf(yaml, path.slice(0, length))
      if (position !== undefined) return lines.linePos(position).line
    }
    return line
  }
  if (isList(value)) {
    return value.items.map((item, index) => {
      const itemLine = lineOf(['items', index])
      return {
        object: checkedObject(item, file, itemLine),
        source: { file, line: itemLine },
        lineOf: (path) => lineOf(['items', index, ...path]),
      }
    })
  }
  return [{ object: checkedObject(value, file, line), source: { file, line }, lineOf }]
}

function positionOf(yaml: YamlDocument.Parsed, path: readonly (string | number)[]): number | undefined {
  const parent: unknown = path.length === 1 ? yaml.contents : yaml.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => (key as { value?: unknown } | null)?.value === last)
    return (pair?.key as { range?: [number, number, number] } | undefined)?.range?.[0]
  }
  const node = yaml.getIn(path, true) as { range?: [number, number, number] } | undefined
  return node?.range?.[0]
}

function isList(value: unknown): value is { items: unknown[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'List' &&
    'items' in value &&
    Array.isArray(value.items)
  )
}

function checkedObject(value: unknown, file: string, line: number): KubernetesObject {
  const where = `${file}:${line}`
  const remedy = 'every document needs apiVersion, kind and metadata.name'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError('a document is not a Kubernetes object', { where, remedy })
  }
  const { apiVersion, kind, metadata } = value as Record<string, unknown>
  for (const [field, text] of Object.entries({ apiVersion, kind })) {
    if (typeof text !== 'string' || text === '') throw new InputError(`${field} is missing`, { where, remedy })
  }
  const name =
    typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>)['name'] : undefined
  if (typeof name !== 'string' || name === '') {
    throw new InputError(`metadata.name of the ${String(kind)} is missing`, { where, remedy })
  }
  return value as KubernetesObject
}
