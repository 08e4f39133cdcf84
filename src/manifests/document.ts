import type { KubernetesObject, ObjectHead } from '../api/object.ts'

/** Where a document stands. */
export interface Source {
  /** The file as the user named it; `-` for standard input. */
  readonly file: string
  /** Line of the document's first key, from 1. */
  readonly line: number
}

/** One Kubernetes object as it was read, with its place. */
export interface Document {
  /** What the object says about itself. */
  readonly head: ObjectHead
  /**
   * All of it. Of a known document it is read when it is asked for.
   * @throws InputError where the file of a known document has changed meanwhile
   */
  readonly object: KubernetesObject
  readonly source: Source
  /** Whether an earlier run has read the same text and found nothing to object to. */
  readonly isKnown: boolean
  /** Its text; absent where it shares one with others, as the items of a List do, and where nothing is remembered. */
  readonly text?: DocumentText
  /** Line of the value at that path, or of the nearest parent that exists. */
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/** A text that holds one document. */
export interface DocumentText {
  /** SHA-256 of its bytes, in base64url. */
  readonly digest: string
  readonly head: ObjectHead
  /** Line of its first key, from 1. */
  readonly line: number
  /** Its line breaks. */
  readonly lines: number
}

/** What is remembered of a document that was read and found right. All of it follows from the text. */
export type KnownDocument = Omit<DocumentText, 'digest'>

/** Documents of earlier runs, by the digests of their texts. */
export type KnownDocuments = Pick<ReadonlyMap<string, KnownDocument>, 'get'>
