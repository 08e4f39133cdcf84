import type { Database } from '../../api/database.ts'
import { InputError } from '../../api/input-error.ts'
import { checkDatabase } from '../../api/parameter-check.ts'
import type { Document } from '../../manifests/document.ts'

/** A Database with its defaults, in a namespace. */
type DatabaseIn = (namespace: string) => Database

/**
 * Checks the Databases among some documents. What is known to be right is read when it is asked for.
 * @throws InputError with every rule that one of them breaks, file and line
 */
export function validDatabases(documents: readonly Document[]): [Document, DatabaseIn][] {
  const problems: string[] = []
  const places: string[] = []
  const valid: [Document, DatabaseIn][] = []
  for (const document of documents) {
    if (document.isKnown) {
      valid.push([document, placed(() => checkedAgain(document))])
      continue
    }
    const result = checkDatabase(document.object)
    if (result.ok) {
      valid.push([document, placed(() => result.database)])
      continue
    }
    for (const issue of result.issues) {
      problems.push(issue.message)
      places.push(`${document.source.file}:${document.lineOf(issue.path)}`)
    }
  }
  if (problems.length > 0) {
    throw new InputError(problems.join('\n       '), {
      where: places.join(', '),
      remedy:
        'correct the manifest (or the construct that wrote it) and run the same command again; nothing was applied',
    })
  }
  return valid
}

function checkedAgain({ object, source }: Document): Database {
  const result = checkDatabase(object)
  if (result.ok) return result.database
  throw new Error(`a Database that is known to be valid is not: ${source.file}:${source.line}`)
}

/** Made once, when it is first asked for: a document has one namespace. */
function placed(read: () => Database): DatabaseIn {
  let made: Database | undefined
  return (namespace) => {
    if (made === undefined) {
      const { metadata, ...rest } = read()
      made = { ...rest, metadata: { ...metadata, namespace } }
    }
    return made
  }
}
