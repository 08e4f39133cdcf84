import { UnwrittenError, giveUp, keyScalar, textScalar } from './yaml-scalar.ts'

/** Texts that were written before, at one depth: manifests repeat words, and scripts of many lines even more so. */
type Written = Map<string, string>

/** More texts are not remembered: the set is of names that do not come again. */
const MOST_REMEMBERED = 20_000

const keys: Written = new Map()
const textsByDepth: Written[] = []
const indents: string[] = []

/**
 * An object as a YAML document, in the bytes of cdk8s's `Yaml.stringify`: YAML 1.1, no line folded.
 * @returns undefined where it holds something that only the library can write as the library does
 */
export function writeYaml(root: unknown): string | undefined {
  if (!isPlainMap(root)) return undefined
  try {
    const text = mapText(root, 0, new Set())
    return text === EMPTY_MAP ? undefined : `${text}\n`
  } catch (error) {
    // A RangeError is a circle, which the library writes with an anchor, or too deep for us.
    if (error instanceof UnwrittenError || error instanceof RangeError) return undefined
    throw error
  }
}

const EMPTY_MAP = '{}'

/** Neither a class of whatever kind, nor a map that pretends to be one. */
function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** @param seen maps and lists of the document: one that stands twice is written with an anchor, by the library */
function mapText(map: Readonly<Record<string, unknown>>, depth: number, seen: Set<unknown>): string {
  if (seen.has(map)) giveUp()
  seen.add(map)
  const lineBegin = `\n${indentOf(depth)}`
  let text = ''
  for (const key of Object.keys(map)) {
    const value = map[key]
    text += text === '' ? keyText(key) : lineBegin + keyText(key)
    if (typeof value !== 'object' || value === null) text += ` ${scalarText(value, depth + 1)}`
    else {
      const below = collectionText(value, depth + 1, seen)
      text += isEmpty(below) ? ` ${below}` : `${lineBegin}  ${below}`
    }
  }
  return text === '' ? EMPTY_MAP : text
}

function listText(list: readonly unknown[], depth: number, seen: Set<unknown>): string {
  if (seen.has(list)) giveUp()
  seen.add(list)
  const lineBegin = `\n${indentOf(depth)}- `
  let text = ''
  for (const item of list) {
    const isScalar = typeof item !== 'object' || item === null
    const itemText = isScalar ? scalarText(item, depth + 1) : collectionText(item, depth + 1, seen)
    text += text === '' ? `- ${itemText}` : lineBegin + itemText
  }
  return text === '' ? '[]' : text
}

function collectionText(value: object, depth: number, seen: Set<unknown>): string {
  if (Array.isArray(value)) return listText(value, depth, seen)
  return isPlainMap(value) ? mapText(value, depth, seen) : giveUp()
}

/** Neither map nor list begins so otherwise: a text that does is in quotes. */
const isEmpty = (text: string): boolean => text === EMPTY_MAP || text === '[]'

function scalarText(value: unknown, depth: number): string {
  if (typeof value === 'string') return rememberedText(value, depth)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === null) return 'null'
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return giveUp()
}

function keyText(key: string): string {
  return keys.get(key) ?? remember(keys, key, keyScalar(key))
}

function rememberedText(text: string, depth: number): string {
  // What stands on one line is written alike at every depth.
  const texts = (textsByDepth[text.includes('\n') ? depth : 0] ??= new Map())
  return texts.get(text) ?? remember(texts, text, textScalar(text, indentOf(depth)))
}

function remember(written: Written, text: string, as: string): string {
  if (written.size < MOST_REMEMBERED) written.set(text, as)
  return as
}

const indentOf = (depth: number): string => (indents[depth] ??= '  '.repeat(depth))
