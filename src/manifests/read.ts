import { InputError } from '../api/input-error.ts'
import { headOf } from '../api/object.ts'
import { checkedObject } from './checked-object.ts'
import type { Document, KnownDocuments } from './document.ts'
import { readByDocuments } from './known-documents.ts'
import { itemsOf } from './list.ts'
import { bytesOfInput, ManifestBytes, textOf } from './manifest-bytes.ts'
import { manifestFiles } from './manifest-files.ts'
import { Places } from './places.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { SharedStrings } from './shared-strings.ts'
import { readAnyYaml } from './yaml-library.ts'

/**
 * Reads manifests from files, directories (all `.yaml`, `.yml` and `.json` below them, in the order of their names)
 * and `-` (standard input). All or nothing: one unreadable document fails the whole set.
 * @param known documents of earlier runs: of those, only what is known is given before the rest is asked for
 * @throws InputError naming the file and line
 */
export function readManifests(
  paths: readonly string[],
  standardInput: () => string,
  known?: KnownDocuments,
): Document[] {
  const strings = new SharedStrings()
  const files = new ManifestBytes()
  const documents = paths.flatMap(manifestFiles).flatMap((file) => {
    const input = file === '-' ? bytesOfInput(standardInput()) : undefined
    const again = (): Buffer => input ?? new ManifestBytes().of(file)
    const bytes = input ?? files.of(file)
    const parts = known === undefined ? undefined : readByDocuments({ file, bytes, again }, strings, known)
    return parts ?? documentsOf(bytes, file, () => textOf(again()), strings)
  })
  if (documents.length === 0) {
    throw new InputError('no manifests found', {
      where: paths.join(', '),
      remedy: 'name a file or a directory that holds Kubernetes objects with -f, or write dist/ first: npm run synth',
    })
  }
  return documents
}

/**
 * Parses one text of YAML documents, as kubectl reads it, but without duplicate keys and custom tags. A `List` is taken
 * apart into its items.
 * @throws InputError naming the line
 */
export function parseManifests(text: string, file: string): Document[] {
  return documentsOf(Buffer.from(text), file, () => text, new SharedStrings())
}

function documentsOf(bytes: Buffer, file: string, textAgain: () => string, strings: SharedStrings): Document[] {
  const places = new Places(file, textAgain)
  const documentOf = (value: unknown, line: number, number: number, root: readonly (string | number)[]): Document => {
    const object = checkedObject(value, file, line)
    return {
      head: headOf(object),
      object,
      source: { file, line },
      isKnown: false,
      lineOf: (path) => (path.length === 0 ? line : (places.lineOf(number, root, object, path) ?? line)),
    }
  }
  const values = readPlainYaml(bytes, strings) ?? readAnyYaml(textOf(bytes), file)
  return values.flatMap(({ value, line, itemLines }, number) => {
    const items = itemsOf(value)
    if (items === undefined) return [documentOf(value, line, number, [])]
    return items.map((item, index) => documentOf(item, itemLines?.[index] ?? line, number, ['items', index]))
  })
}
