import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parseMembers, serializeMembers, sortMembers } from '../../plan/inventory.ts'
import type { Member } from '../../plan/inventory.ts'

/**
 * Most bytes of one stored part. A ConfigMap may hold 1 MiB, and an object of etcd 1.5 MiB: this leaves room for the
 * rest of the object.
 * @see https://kubernetes.io/docs/concepts/configuration/configmap/#motivation
 */
export const PART_BYTES = 900 * 1024

/** Most bytes that a part may unfold to: more is no inventory. */
const UNFOLDED_BYTES = 256 * 1024 * 1024

/** Members as they are stored: gzip, base64. The same members give the same text. */
export interface EncodedPart {
  readonly base64: string
  /** SHA-256 of the compressed bytes, hexadecimal: by it the index knows its parts. */
  readonly digest: string
}

/** Packs members into as many parts as they need, at least one. */
export function encodeMembers(members: readonly Member[], partBytes: number): readonly EncodedPart[] {
  const packed = gzipSync(JSON.stringify(serializeMembers(members)))
  if (packed.length <= partBytes || members.length < 2) {
    return [{ base64: packed.toString('base64'), digest: digestOf(packed) }]
  }
  // Slices of one list compress a little worse than the list: a tenth more of them usually fits at once.
  const slices = Math.min(members.length, Math.max(2, Math.ceil((packed.length * 1.1) / partBytes)))
  const length = Math.ceil(members.length / slices)
  return Array.from({ length: slices }, (_, index) => members.slice(index * length, (index + 1) * length))
    .filter((slice) => slice.length > 0)
    .flatMap((slice) => encodeMembers(slice, partBytes))
}

/**
 * Unpacks one part.
 * @returns the members, or one sentence about what is wrong
 */
export function decodePart(base64: unknown, digest: unknown): readonly Member[] | string {
  if (typeof base64 !== 'string' || base64 === '') return 'its members are missing'
  const packed = Buffer.from(base64, 'base64')
  if (digestOf(packed) !== digest) return 'its members are not those that were written (the checksum differs)'
  try {
    return parseMembers(JSON.parse(gunzipSync(packed, { maxOutputLength: UNFOLDED_BYTES }).toString('utf8')))
  } catch (error) {
    return `its members cannot be unpacked (${error instanceof Error ? error.message : String(error)})`
  }
}

/** Puts parts together; the first problem is the problem of all. */
export function joinParts(parts: readonly (readonly Member[] | string)[]): readonly Member[] | string {
  const problem = parts.find((part) => typeof part === 'string')
  if (problem !== undefined) return problem
  return sortMembers(parts.filter((part) => typeof part !== 'string').flat())
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
