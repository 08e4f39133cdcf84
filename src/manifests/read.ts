import { isMap, LineCounter, parseAllDocuments } from 'yaml'
import type { Document as YamlDocument } from 'yaml'
import { InputError } from '../api/input-error.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { Document } from './document.ts'
import { manifestFiles, manifestText } from './manifest-files.ts'
import { KUBECTL_SCALARS } from './yaml-scalars.ts'

/** Aliases of one document: far more than people write, far fewer than a bomb of them needs. */
const MAXIMUM_ALIASES = 100

/**
 * Reads manifests from files, directories (all `.yaml`, `.yml` and `.json` below them, in the order of their names)
 * and `-` (standard input). All or nothing: one unreadable document fails the whole set.
 * @throws InputError naming the file and line
 */
export function readManifests(paths: readonly string[], standardInput: () => string): Document[] {
  const documents = paths.flatMap((path) =>
    manifestFiles(path).flatMap((file) => parseManifests(manifestText(file, standardInput), file)),
  )
  if (documents.length === 0) {
    throw new InputError('no manifests found', {
      where: paths.join(', '),
      remedy: 'name a file or a directory that holds Kubernetes objects with -f, or write dist/ first: npm run synth',
    })
  }
  return documents
}

/**
 * Parses one text of YAML documents, as kubectl reads it, but without duplicate keys and custom tags. A `List` is taken apart into its items.
 * @throws InputError naming the line
 */
export function parseManifests(text: string, file: string): Document[] {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.1',
    schema: 'failsafe',
    customTags: KUBECTL_SCALARS,
    merge: true,
    resolveKnownTags: false,
  })
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
  const value = valueOf(yaml, file, lines)
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

function valueOf(yaml: YamlDocument.Parsed, file: string, lines: LineCounter): unknown {
  try {
    return yaml.toJS({ maxAliasCount: MAXIMUM_ALIASES })
  } catch (cause) {
    throw new InputError('aliases are missing their anchor or expand to too much', {
      where: `${file}:${lines.linePos(yaml.contents?.range?.[0] ?? 0).line}`,
      remedy: 'write the values out',
      cause,
    })
  }
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

/** `List`, and the typed lists that kubectl takes apart too. */
function isList(value: unknown): value is { items: unknown[] } {
  if (typeof value !== 'object' || value === null) return false
  const { kind, items } = value as Record<string, unknown>
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
}

function checkedObject(value: unknown, file: string, line: number): KubernetesObject {
  const where = `${file}:${line}`
  const remedy = 'every document needs apiVersion, kind and metadata.name'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError('a document is not a Kubernetes object', { where, remedy })
  }
  const { apiVersion, kind, metadata } = value as Record<string, unknown>
  const { name, namespace } = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as Record<
    string,
    unknown
  >
  const required = { apiVersion, kind, [`metadata.name of the ${String(kind)}`]: name }
  for (const [field, text] of Object.entries(required)) {
    if (text === undefined || text === null || text === '')
      throw new InputError(`${field} is missing`, { where, remedy })
  }
  for (const [field, text] of Object.entries({ ...required, 'metadata.namespace': namespace ?? '' })) {
    if (typeof text === 'string') continue
    throw new InputError(`${field} is not text but ${JSON.stringify(text)}`, { where, remedy: 'put it in quotes' })
  }
  return value as KubernetesObject
}
