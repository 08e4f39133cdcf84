import { InputError } from '../api/input-error.ts'
import { WHOLE, parseShard } from '../controller/shard.ts'
import type { Shard } from '../controller/shard.ts'
import type { FlagValues } from './command.ts'

/** The part of the databases that `--shard` names. @throws InputError where it is none, or nobody would guard it */
export function shardOfFlags({ shard: text, 'leader-elect': leaderElect }: FlagValues): Shard {
  if (typeof text !== 'string') return WHOLE
  const shard = readShard(text)
  if (shard.count > 1 && leaderElect === false) {
    throw new InputError('--shard needs leader election', {
      remedy: 'leave --no-leader-elect out: without it two processes might work on the same database',
    })
  }
  return shard
}

function readShard(text: string): Shard {
  try {
    return parseShard(text)
  } catch {
    throw new InputError(`--shard ${text} is not a part of all databases`, {
      remedy: 'write its number and the number of all: --shard 0/3, --shard 1/3 and --shard 2/3',
    })
  }
}
