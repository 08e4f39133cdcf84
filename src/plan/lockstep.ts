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
import { itemSegments, keyNames } from './list-items.ts'
import { ITSELF, hasChildren, nodeAt } from './managed-fields.ts'
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
    this.segments.push(`f:${name}`)
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
    for (const key of Object.keys(desired)) {
      const value = desired[key]
      if (value === undefined) continue
      const child = owned[`f:${key}`]
      if (child !== undefined) fields += 1
      const found = this.field(key, name, child, value, Object.hasOwn(live, key) ? live[key] : undefined)
      if (found !== undefined) return found
    }
    return this.#isAllDesired(owned, fields)
      ? undefined
      : this.#givenUp(owned, (segment) => desired[segment.slice(2)] === undefined)
  }

  #list(name: string, owned: FieldSet, desired: readonly unknown[], live: unknown): Disagreement | undefined {
    if (!Array.isArray(live))
      return live === undefined || live === null ? 'the live object lacks it' : 'the live value differs'
    const names = keyNames(owned)
    if (names === undefined) return 'how it is owned is not known'
    const wanted = itemSegments(desired, names, this.#isTyped)
    const present = itemSegments(live, names, this.#isTyped)
    if (wanted === undefined || present === undefined) return 'how it is owned is not known'
    const unique = new Set(wanted)
    if (unique.size < wanted.length) return 'the list has items of the same key'
    let items = 0
    let position = 0
    for (const [index, segment] of wanted.entries()) {
      const child = owned[segment]
      if (child !== undefined) items += 1
      const at = present.indexOf(segment, position)
      this.segments.push(segment)
      const found =
        child === undefined
          ? 'the apply would own it for the first time'
          : this.#item(name, child, desired[index], live, at, present, segment)
      if (found !== undefined) return found
      this.segments.pop()
      position = at + 1
    }
    if (hasTwice(present, unique)) return 'the list has items of the same key'
    return this.#isAllDesired(owned, items) ? undefined : this.#givenUp(owned, (segment) => !unique.has(segment))
  }

  #item(
    name: string,
    owned: FieldSet,
    desired: unknown,
    live: readonly unknown[],
    at: number,
    present: readonly string[],
    segment: string,
  ): Disagreement | undefined {
    if (at === -1) return present.includes(segment) ? 'the live list has another order' : 'the live object lacks it'
    // An item of a set is its own value.
    if (segment.startsWith('v:')) return isLeaf(owned) ? undefined : 'how it is owned is not known'
    if (isLeaf(owned))
      return LISTS_OF_ATOMIC_ITEMS.has(name) ? this.#atomic(name, desired, live[at]) : 'how it is owned is not known'
    // Without it somebody took the item from us, and an apply takes it back.
    if (owned[ITSELF] === undefined) return 'the apply would own it for the first time'
    return isRecord(desired) ? this.#record(name, owned, desired, live[at]) : 'how it is owned is not known'
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

  #isAllDesired(owned: FieldSet, children: number): boolean {
    return Object.keys(owned).length - (owned[ITSELF] === undefined ? 0 : 1) === children
  }

  #givenUp(owned: FieldSet, isGone: (segment: string) => boolean): Disagreement {
    const segment = Object.keys(owned).find((candidate) => candidate !== ITSELF && isGone(candidate))
    if (segment !== undefined) this.segments.push(segment)
    return 'the apply would give it up'
  }
}

/** Whether one of these segments stands twice in a list. */
function hasTwice(present: readonly string[], segments: ReadonlySet<string>): boolean {
  return present.filter((segment) => segments.has(segment)).length > segments.size
}
