import { isMap, LineCounter, parseAllDocuments } from 'yaml'
import type { Document as YamlDocument } from 'yaml'
import { InputError } from '../api/input-error.ts'
import { itemsOf } from './list.ts'
import { KUBECTL_SCALARS } from './yaml-scalars.ts'
import type { YamlValue } from './yaml-value.ts'

/** Aliases of one document: far more than people write, far fewer than a bomb of them needs. */
const MAXIMUM_ALIASES = 100

/** The value of a document, and where everything in it stands. */
export interface LocatedYaml extends YamlValue {
  /** Line of the value at that path, or of the nearest parent that exists. */
  lineOf(path: readonly (string | number)[]): number
}

/**
 * Reads any YAML as kubectl reads it, but without duplicate keys and custom tags. Takes much time and memory: what is
 * returned keeps the whole tree.
 * @returns the documents that are not empty
 * @throws InputError naming the line
 */
export function readAnyYaml(text: string, file: string): LocatedYaml[] {
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
  return parsed.flatMap((yaml) => located(yaml, file, lines))
}

function located(yaml: YamlDocument.Parsed, file: string, lines: LineCounter): LocatedYaml[] {
  const problem = yaml.errors[0] ?? yaml.warnings[0]
  if (problem !== undefined) {
    const summary = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML'
    throw new InputError(summary, {
      where: `${file}:${lines.linePos(problem.pos[0]).line}`,
      remedy: 'correct the file, or write dist/ again: npm run synth',
    })
  }
  const line = lines.linePos(yaml.contents?.range?.[0] ?? 0).line
  const value = valueOf(yaml, file, line)
  if (value === null || value === undefined) return []
  const lineOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const position = positionOf(yaml, path.slice(0, length))
      if (position !== undefined) return lines.linePos(position).line
    }
    return line
  }
  return [{ value, line, itemLines: itemsOf(value)?.map((_, index) => lineOf(['items', index])), lineOf }]
}

function valueOf(yaml: YamlDocument.Parsed, file: string, line: number): unknown {
  try {
    return yaml.toJS({ maxAliasCount: MAXIMUM_ALIASES })
  } catch (cause) {
    throw new InputError('aliases are missing their anchor or expand to too much', {
      where: `${file}:${line}`,
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
