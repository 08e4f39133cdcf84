import { InputError } from '../api/input-error.ts'

/** A file or directory that the operating system does not let us read. */
export function unreadable(path: string, cause: unknown): InputError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new InputError(`${path} cannot be read${code}`, {
    where: path,
    remedy: 'check its permissions and links',
    cause,
  })
}
