import { createHash } from 'node:crypto'

/** A part of all databases: number `index` of `count`, counted from 0. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** Every database. */
export const WHOLE: Shard = { index: 0, count: 1 }

/** More would need an hour of leases for nothing. */
const MOST_SHARDS = 1000

/** Reads `0/3`. @throws RangeError for what is no part of a whole */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (index === undefined || shard.index >= shard.count || shard.count > MOST_SHARDS)
    throw new RangeError(`${text} is not a part of all databases`)
  return shard
}

/**
 * To which shard of so many a database belongs: the first 32 bits of the SHA-256 of `namespace/name`, modulo the number.
 * The same in every version and in every language; in a shell:
 * `echo $((0x$(printf shop/orders | sha256sum | cut -c1-8) % 3))`
 */
export function shardOf(key: string, count: number): number {
  return count === 1 ? 0 : createHash('sha256').update(key).digest().readUInt32BE() % count
}

/** Whether a database belongs to a shard. @param key `namespace/name` */
export function isInShard(key: string, { index, count }: Shard): boolean {
  return shardOf(key, count) === index
}

/** Name of the Lease of a shard; the whole has that of a controller without shards. */
export function shardLeaseName(base: string, { index, count }: Shard): string {
  return count === 1 ? base : `${base}-${index}-of-${count}`
}
