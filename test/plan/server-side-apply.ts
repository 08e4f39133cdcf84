/**
 * Server-side apply of one kind as the API server does it (structured merge), small enough to be seen to be right: sets
 * of fields, merge, pruning, and other managers losing what is forced.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import type { FieldSet } from '../../src/plan/managed-fields.ts'

/** Fields of every shape: granular, map, atomic list, set, keyed list. */
export interface SampleSpec {
  readonly text?: string
  readonly nested?: { readonly text?: string; readonly whole?: number }
  readonly labels?: Readonly<Record<string, string>>
  readonly plain?: readonly string[]
  readonly tags?: readonly string[]
  readonly items?: readonly { readonly name: string; readonly value?: string }[]
}

type Value = unknown
type Map = Readonly<Record<string, unknown>>
type Kind = 'atomic' | 'set' | 'keyed'

const KINDS: Readonly<Record<string, Kind>> = { plain: 'atomic', tags: 'set', items: 'keyed' }
const ITSELF = '.'

const segmentOf = (item: Value, kind: Kind): string =>
  kind === 'set' ? `v:${JSON.stringify(item)}` : `k:{"name":${JSON.stringify((item as { name: string }).name)}}`

const isMap = (value: Value): value is Map => typeof value === 'object' && value !== null && !Array.isArray(value)
const kindOf = (name: string): Kind => KINDS[name] ?? 'atomic'

/** The fields that an apply of this owns. */
export function fieldsOf(value: Map): FieldSet {
  const found: Record<string, FieldSet> = {}
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue
    const below = fieldsOfValue(field, kindOf(name))
    if (below !== undefined) found[`f:${name}`] = below
  }
  return found
}

/** @returns `undefined` for a list without items, of which nothing is owned */
function fieldsOfValue(value: Value, kind: Kind): FieldSet | undefined {
  if (isMap(value)) {
    const below = fieldsOf(value)
    return Object.keys(below).length === 0 && Object.keys(value).length > 0 ? undefined : below
  }
  if (!Array.isArray(value) || kind === 'atomic') return {}
  if (value.length === 0) return undefined
  return Object.fromEntries(
    value.map((item: Value) => [segmentOf(item, kind), isMap(item) ? { [ITSELF]: {}, ...fieldsOf(item) } : {}]),
  )
}

/** Applies, by force. */
export function applyTo(
  { spec, owned }: { readonly spec: SampleSpec; readonly owned: Readonly<Record<string, FieldSet>> },
  wanted: SampleSpec,
  manager: string,
): { spec: SampleSpec; owned: Record<string, FieldSet> } {
  const before = owned[manager] ?? {}
  const after = fieldsOf(wanted as Map)
  const others = Object.entries(owned).filter(([other]) => other !== manager)
  const merged = mergeMaps(spec as Map, wanted as Map)
  const pruned = pruneMap(merged, before, [after, ...others.map(([, fields]) => fields)])
  const left = others.map(([other, fields]) => [other, withoutTaken(fields, spec as Map, wanted as Map)] as const)
  return { spec: pruned, owned: { ...Object.fromEntries(left), [manager]: after } }
}

function mergeMaps(live: Map, wanted: Map): Map {
  const out: Record<string, unknown> = { ...live }
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined) out[name] = merge(live[name], value, kindOf(name))
  }
  return out
}

function merge(live: Value, wanted: Value, kind: Kind): Value {
  if (isMap(wanted)) return mergeMaps(isMap(live) ? live : {}, wanted)
  if (!Array.isArray(wanted) || kind === 'atomic' || !Array.isArray(live)) return wanted
  return mergeLists(live, wanted, kind)
}

/** Items in our order; those of others stay where they are, before the next one that both have. */
function mergeLists(live: readonly Value[], wanted: readonly Value[], kind: Kind): Value[] {
  const ours = new Set(wanted.map((item) => segmentOf(item, kind)))
  const rest = [...live]
  const out: Value[] = []
  const takeForeign = (): void => {
    while (rest.length > 0 && !ours.has(segmentOf(rest[0], kind))) out.push(rest.shift())
  }
  for (const item of wanted) {
    const segment = segmentOf(item, kind)
    const at = rest.findIndex((candidate) => segmentOf(candidate, kind) === segment)
    if (at === 0 || segmentOf(rest[0] ?? item, kind) !== segment) takeForeign()
    const now = rest.findIndex((candidate) => segmentOf(candidate, kind) === segment)
    const [found] = now === -1 ? [undefined] : rest.splice(now, 1)
    out.push(isMap(item) ? mergeMaps(isMap(found) ? found : {}, item) : item)
  }
  takeForeign()
  return [...out, ...rest]
}

/** Takes away what was owned and is no more, unless somebody else owns it. */
function pruneMap(value: Map, before: FieldSet, owners: readonly (FieldSet | undefined)[]): Map {
  const out: Record<string, unknown> = { ...value }
  for (const [segment, was] of Object.entries(before)) {
    if (!segment.startsWith('f:')) continue
    const name = segment.slice(2)
    const owning = owners.map((owner) => owner?.[segment]).filter((owner) => owner !== undefined)
    const field = out[name]
    if (Object.keys(was).length === 0) {
      if (owning.length === 0) delete out[name]
    } else if (isMap(field)) {
      const kept = pruneMap(field, was, owning)
      if (Object.keys(kept).length === 0 && owning.length === 0) delete out[name]
      else out[name] = kept
    } else if (Array.isArray(field)) {
      const kept = pruneList(field, was, owning, kindOf(name))
      if (kept.length === 0 && owning.length === 0) delete out[name]
      else out[name] = kept
    }
  }
  return out
}

function pruneList(list: readonly Value[], was: FieldSet, owners: readonly FieldSet[], kind: Kind): Value[] {
  return list.flatMap((item) => {
    const segment = segmentOf(item, kind)
    const below = was[segment]
    if (below === undefined) return [item]
    const owning = owners.map((owner) => owner[segment]).filter((owner) => owner !== undefined)
    if (owning.length === 0) return []
    return [isMap(item) ? pruneMap(item, below, owning) : item]
  })
}

/** What others own of what an apply changed is theirs no more. */
function withoutTaken(fields: FieldSet, live: Map, wanted: Map): FieldSet {
  const out: Record<string, FieldSet> = {}
  for (const [segment, below] of Object.entries(fields)) {
    const name = segment.slice(2)
    const [old, value] = [live[name], wanted[name]]
    if (!segment.startsWith('f:') || value === undefined) {
      out[segment] = below
    } else if (isMap(value) && isMap(old)) {
      out[segment] = withoutTaken(below, old, value)
    } else if (Array.isArray(value) && Array.isArray(old) && kindOf(name) !== 'atomic') {
      out[segment] = withoutTakenItems(below, old, value, kindOf(name))
    } else if (JSON.stringify(old) === JSON.stringify(value)) {
      out[segment] = below
    }
  }
  return out
}

function withoutTakenItems(fields: FieldSet, live: readonly Value[], wanted: readonly Value[], kind: Kind): FieldSet {
  return Object.fromEntries(
    Object.entries(fields).map(([segment, below]) => {
      const at = (list: readonly Value[]): Value => list.find((item) => segmentOf(item, kind) === segment)
      const [old, value] = [at(live), at(wanted)]
      return [segment, isMap(old) && isMap(value) ? withoutTaken(below, old, value) : below]
    }),
  )
}
