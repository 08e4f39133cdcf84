import { hash } from 'node:crypto'
import { headOf } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import { InputError } from '../api/input-error.ts'
import { checkedObject } from './checked-object.ts'
import type { Document, DocumentText, KnownDocuments, Source } from './document.ts'
import { countLines, documentParts } from './document-parts.ts'
import { itemsOf } from './list.ts'
import { textOf } from './manifest-bytes.ts'
import { Places } from './places.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { SharedStrings } from './shared-strings.ts'

/** One file, or what came from standard input. */
export interface ManifestFile {
  readonly file: string
  readonly bytes: Buffer
  /** What it holds now. @throws InputError where it cannot be read any more */
  readonly again: () => Buffer
}

/**
 * Reads a file document by document, and passes over those that are known.
 * @returns `undefined` for a file that must be read as a whole: a List, directives, more YAML than programs write
 * @throws InputError naming the line of a document that is no object
 */
export function readByDocuments(
  manifest: ManifestFile,
  strings: SharedStrings,
  known: KnownDocuments,
): Document[] | undefined {
  const parts = documentParts(manifest.bytes)
  if (parts === undefined) return undefined
  const { file, again } = manifest
  const places = new Places(file, () => textOf(again()))
  const later = new LaterObjects(manifest)
  const documents: Document[] = []
  /** Lines of the file before the part. */
  let before = 0
  for (const bytes of parts) {
    const digest = digestOf(bytes)
    const found = known.get(digest)
    const lines = found?.lines ?? countLines(bytes)
    const read = found ?? readPart(bytes, strings)
    if (read === undefined) return undefined
    if (read !== 'empty') {
      const line = before + read.line
      const number = documents.length
      const lineOf = (object: KubernetesObject, path: readonly (string | number)[]): number =>
        path.length === 0 ? line : (places.lineOf(number, [], object, path) ?? line)
      const place = { file, line }
      documents.push(
        'head' in read
          ? knownDocument({ digest, ...read }, place, later, lineOf)
          : readDocument(checkedObject(read.value, file, line), { digest, line: read.line, lines }, place, lineOf),
      )
    }
    before += lines
  }
  return documents
}

type LineOf = (object: KubernetesObject, path: readonly (string | number)[]) => number

function readDocument(
  object: KubernetesObject,
  text: Omit<DocumentText, 'head'>,
  source: Source,
  lineOf: LineOf,
): Document {
  const head = headOf(object)
  return { head, object, source, isKnown: false, text: { ...text, head }, lineOf: (path) => lineOf(object, path) }
}

function knownDocument(text: DocumentText, source: Source, later: LaterObjects, lineOf: LineOf): Document {
  return {
    head: text.head,
    get object() {
      return later.of(text.digest)
    },
    source,
    isKnown: true,
    text,
    lineOf: (path) => {
      const object = later.find(text.digest)
      return object === undefined ? source.line : lineOf(object, path)
    },
  }
}

/** The document of a part; `undefined` where it must be read together with the rest of its file. */
function readPart(bytes: Buffer, strings: SharedStrings): { value: unknown; line: number } | 'empty' | undefined {
  const values = readPlainYaml(bytes, strings)
  if (values === undefined || values.length > 1) return undefined
  const [only] = values
  if (only === undefined) return 'empty'
  return itemsOf(only.value) === undefined ? only : undefined
}

const digestOf = (bytes: Buffer): string => hash('sha256', bytes, 'base64url')

/** Objects of a file that were known by their texts, for when they are needed after all. */
class LaterObjects {
  readonly #manifest: Pick<ManifestFile, 'file' | 'again'>
  #objects: ReadonlyMap<string, KubernetesObject> | undefined

  constructor({ file, again }: ManifestFile) {
    // Not the bytes: the next file is read into the same memory.
    this.#manifest = { file, again }
  }

  /** @throws InputError where it does not stand there any more */
  of(digest: string): KubernetesObject {
    const object = this.find(digest)
    if (object !== undefined) return object
    const { file } = this.#manifest
    throw new InputError(`${file} has changed while it was used`, { where: file, remedy: 'run the same command again' })
  }

  /** @returns `undefined` where it does not stand there any more */
  find(digest: string): KubernetesObject | undefined {
    this.#objects ??= this.#read()
    return this.#objects.get(digest)
  }

  #read(): Map<string, KubernetesObject> {
    const strings = new SharedStrings()
    const { file, again } = this.#manifest
    return new Map(
      (documentParts(again()) ?? []).flatMap((bytes) => {
        const read = readPart(bytes, strings)
        // What is known was an object when it was remembered, and is one now.
        return read === undefined || read === 'empty'
          ? []
          : [[digestOf(bytes), checkedObject(read.value, file, read.line)] as const]
      }),
    )
  }
}
