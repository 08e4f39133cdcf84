/** The user that container processes run as. */
import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/** A user of this machine; without ids it is whoever runs the node. */
export interface Account {
  readonly name: string
  readonly uid?: number
  readonly gid?: number
}

const lookUp = async (name: string): Promise<Account | undefined> => {
  try {
    const id = async (flag: string): Promise<number> => Number((await promisify(execFile)('id', [flag, name])).stdout)
    return { name, uid: await id('-u'), gid: await id('-g') }
  } catch {
    // No such user here.
    return undefined
  }
}

/**
 * Who runs containers: oneself, or for root an unprivileged user, because PostgreSQL refuses to run as root and
 * initdb wants a name for its user.
 *
 * `postgres` is preferred: `peer` authentication for the role of that name works only then.
 */
export async function chooseAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return { name: process.env['USER'] ?? 'self' }
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'))
  if (account !== undefined) return account
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it as')
}

/** Whether `account` gets to `path` and may read (and for a directory, enter) it. */
export async function canReach(account: Account, path: string): Promise<boolean> {
  if (account.uid === undefined) {
    return access(path, constants.R_OK).then(
      () => true,
      () => false,
    )
  }
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    const needed = at === path ? 5 : 1
    if (((mode >> shift) & needed) !== needed) return false
    if (dirname(at) === at) return true
  }
}
