import { compareAtomic } from './atomic-value.ts'
import {
  ASSOCIATIVE_LISTS,
  ATOMIC_MAPS,
  GRANULAR_MAPS,
  LISTS_OF_ATOMIC_ITEMS,
  holdsVerbatimJson,
  isOmittedZero,
  isStoredQuantity,
  isTypedVersion,
} from './known-values.ts'
import { isEmpty, isLeaf, isRecord, isSamePlain } from './leaf-value.ts'
import type { JsonRecord } from './leaf-value.ts'
import { LiveItems, itemSegment, keyNames } from './list-items.ts'
import { ITSELF, fieldSegment, hasChildren, nodeAt } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'

/** Why what is owned, desired and live do not agree. */
export type Disagreement =
  | 'the apply would own it for the first time'
  | 'the apply would give it up'
  | 'the live value differs'
  | 'the live object lacks it'
  | 'the live list has another order'
  | 'the list has items of the same key'
  | 'another manager owns it too, and it is written differently'
  | 'how it is owned is not known'

/**
 * Walks through what we own, what is desired and what lives, in lockstep, and stops at the first disagreement. Knows no
 * schema: what is a map, a keyed list or one value stands in the owned fields. What they leave open is a disagreement.
 */
export class Lockstep {
  /** Segments of the owned fields down to where the walk is; after a disagreement, where that is. */
  readonly segments: string[] = []
  readonly #others: readonly (FieldSet | undefined)[]
  readonly #isTypedKind: boolean
  readonly #isTypedWithin: boolean
  #isTyped: boolean

  /** @param others trees of all other managers, in the same version; `undefined` for one that names its fields otherwise */
  constructor(apiVersion: string, others: readonly (FieldSet | undefined)[]) {
    this.#others = others
    this.#isTypedKind = isTypedVersion(apiVersion)
    this.#isTypedWithin = this.#isTypedKind && !holdsVerbatimJson(apiVersion)
    this.#isTyped = this.#isTypedKind
  }

  /** One field of the object's root. `metadata` is the same structure in every kind. */
  root(name: string, owned: FieldSet | undefined, desired: unknown, live: unknown): Disagreement | undefined {
    this.#isTyped = this.#isTypedKind || name === 'metadata'
    return this.field(name, '', owned, desired, live)
  }

  /**
   * A map that the server stores in another field and never shows. What somebody else does to that field leaves our
   * ownership as it is, so that every entry must be there, empty ones too.
   */
  writtenOnly(name: string, owned: FieldSet | undefined, desired: unknown, stored: unknown): Disagreement | undefined {
    this.segments.push(`f:${name}`)
    if (owned === undefined) return 'the apply would own it for the first time'
    if (!isRecord(desired) || isLeaf(owned)) return 'how it is owned is not known'
    const keys = Object.keys(desired).filter((key) => desired[key] !== undefined)
    if (keys.some((key) => owned[`f:${key}`] === undefined)) return 'the apply would own it for the first time'
    if (keys.length < Object.keys(owned).length) return 'the apply would give it up'
    if (!isRecord(stored) || keys.some((key) => typeof desired[key] !== 'string' || desired[key] !== stored[key])) {
      return 'the live value differs'
    }
    const found = this.#soleOwner()
    if (found === undefined) this.segments.pop()
    return found
  }

  /** One field. @param holder name of the field that holds it */
  field(
    name: string,
    holder: string,
    owned: FieldSet | undefined,
    desired: unknown,
    live: unknown,
  ): Disagreement | undefined {
    this.segments.push(fieldSegment(name))
    const found = this.#value(name, holder, owned, desired, live)
    if (found === undefined) this.segments.pop()
    return found
  }

  #value(
    name: string,
    holder: string,
    owned: FieldSet | undefined,
    desired: unknown,
    live: unknown,
  ): Disagreement | undefined {
    if (owned === undefined) {
      // Of an empty list of keyed items nothing is owned, and nothing is done to those of others.
      if (this.#isTyped && Array.isArray(desired) && desired.length === 0 && ASSOCIATIVE_LISTS.has(name))
        return undefined
      return 'the apply would own it for the first time'
    }
    if (isLeaf(owned)) return this.#leaf(name, holder, desired, live)
    if (Array.isArray(desired)) return this.#list(name, owned, desired, live)
    if (isRecord(desired)) return this.#record(name, owned, desired, live)
    return 'the apply would give it up'
  }

  #record(name: string, owned: FieldSet, desired: JsonRecord, live: unknown): Disagreement | undefined {
    if (!isRecord(live))
      return live === undefined || live === null ? 'the live object lacks it' : 'the live value differs'
    let fields = 0
    for (const key in desired) {
      const value = desired[key]
      if (value === undefined) continue
      const child = owned[fieldSegment(key)]
      if (child !== undefined) fields += 1
      // Every object has something under this key.
      const stored = key === '__proto__' ? undefined : live[key]
      const isText = value === stored && typeof value === 'string'
      if (isText && child !== undefined && isLeaf(child)) continue
      const found = this.field(key, name, child, value, stored)
      if (found !== undefined) return found
    }
    return countOf(owned) === fields
      ? undefined
      : this.#givenUp(owned, (segment) => desired[segment.slice(2)] === undefined)
  }

  #list(name: string, owned: FieldSet, desired: readonly unknown[], live: unknown): Disagreement | undefined {
    if (!Array.isArray(live))
      return live === undefined || live === null ? 'the live object lacks it' : 'the live value differs'
    const names = keyNames(owned)
    if (names === undefined) return 'how it is owned is not known'
    const wanted = new Set<string>()
    const present = new LiveItems(live, names, this.#isTyped)
    for (const item of desired) {
      const segment = itemSegment(item, names, this.#isTyped)
      if (segment === undefined) return 'how it is owned is not known'
      if (wanted.has(segment)) return 'the list has items of the same key'
      wanted.add(segment)
      this.segments.push(segment)
      const found = this.#item(name, owned[segment], item, present.next(item, segment), segment)
      if (found !== undefined) return found
      this.segments.pop()
    }
    if (present.hasTwice(wanted)) return 'the list has items of the same key'
    return countOf(owned) === wanted.size ? undefined : this.#givenUp(owned, (segment) => !wanted.has(segment))
  }

  #item(
    name: string,
    owned: FieldSet | undefined,
    desired: unknown,
    live: { readonly item: unknown } | 'absent' | 'passed',
    segment: string,
  ): Disagreement | undefined {
    if (owned === undefined) return 'the apply would own it for the first time'
    if (live === 'passed') return 'the live list has another order'
    if (live === 'absent') return 'the live object lacks it'
    // An item of a set is its own value.
    if (segment.startsWith('v:')) return isLeaf(owned) ? undefined : 'how it is owned is not known'
    if (isLeaf(owned)) {
      return LISTS_OF_ATOMIC_ITEMS.has(name) ? this.#atomic(name, desired, live.item) : 'how it is owned is not known'
    }
    // Without it somebody took the item from us, and an apply takes it back.
    if (owned[ITSELF] === undefined) return 'the apply would own it for the first time'
    return isRecord(desired) ? this.#record(name, owned, desired, live.item) : 'how it is owned is not known'
  }

  #leaf(name: string, holder: string, desired: unknown, live: unknown): Disagreement | undefined {
    if (typeof desired === 'object' && desired !== null && !isEmpty(desired)) {
      // What was applied as an empty structure looks like a value that is owned as a whole.
      if (!Array.isArray(desired) && !(this.#isTyped && ATOMIC_MAPS.has(name))) return 'how it is owned is not known'
      if (this.#isTyped && ASSOCIATIVE_LISTS.has(name)) return 'how it is owned is not known'
      return this.#atomic(name, desired, live)
    }
    if (isSamePlain(desired, live)) return undefined
    if (!this.#isTyped) return live === undefined ? 'the live object lacks it' : 'the live value differs'
    // An empty structure takes nothing away from a live one whose fields have owners of their own.
    if (isRecord(desired) && isRecord(live) && GRANULAR_MAPS.has(name)) return undefined
    // A typed structure does not keep what is zero, and shows a list without items as null.
    const isOmitted = (live === undefined || live === null) && isOmittedZero(name, holder, desired)
    if (isOmitted || (this.#isTypedWithin && isStoredQuantity(name, holder, desired, live))) return this.#soleOwner()
    return live === undefined ? 'the live object lacks it' : 'the live value differs'
  }

  #atomic(name: string, desired: unknown, live: unknown): Disagreement | undefined {
    const compared = compareAtomic(desired, live, name, this.#isTypedWithin)
    if (compared === 'different') return live === undefined ? 'the live object lacks it' : 'the live value differs'
    for (const other of this.#others) {
      const node = other === undefined ? undefined : nodeAt(other, this.segments)
      if (other === undefined || (node !== undefined && hasChildren(node))) return 'how it is owned is not known'
    }
    return compared === 'same' ? undefined : this.#soleOwner()
  }

  /** To the server another way of writing is a change until it is stored: with a second owner it is a conflict. */
  #soleOwner(): Disagreement | undefined {
    const isShared = this.#others.some((other) => other === undefined || nodeAt(other, this.segments) !== undefined)
    return isShared ? 'another manager owns it too, and it is written differently' : undefined
  }

  #givenUp(owned: FieldSet, isGone: (segment: string) => boolean): Disagreement {
    const segment = Object.keys(owned).find((candidate) => candidate !== ITSELF && isGone(candidate))
    if (segment !== undefined) this.segments.push(segment)
    return 'the apply would give it up'
  }
}

/** How many children of a node are owned. */
function countOf(owned: FieldSet): number {
  let count = 0
  for (const segment in owned) if (segment !== ITSELF) count += 1
  return count
}
