import { readFile } from 'node:fs/promises'
import { resolvePath } from './kubeconfig-file.ts'
import type { NamedEntry } from './kubeconfig-file.ts'
import { systemErrorCode } from './system-error.ts'

/**
 * Content of `KEY-data` (base64), else of the file that `KEY` names. As kubectl, data wins over the file.
 *
 * @throws KubeconfigError when the data is no base64 or the file cannot be read; never with the content
 */
export async function readData(of: NamedEntry, key: string): Promise<string | undefined> {
  const data = of.entry.text(`${key}-data`)
  if (data !== undefined) {
    const compact = data.replaceAll(/\s/g, '')
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw of.entry.problem('not base64', `${key}-data`)
    return Buffer.from(compact, 'base64').toString('utf8')
  }
  const path = of.entry.text(key)
  if (path === undefined) return undefined
  const file = resolvePath(of, path)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw of.entry.problem(`cannot read ${file}: ${systemErrorCode(error)}`, key)
  }
}
