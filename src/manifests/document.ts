import type { KubernetesObject } from '../api/object.ts'

/** Where a document stands. */
export interface Source {
  /** The file as the user named it; `-` for standard input. */
  readonly file: string
  /** Line of the document's first key, from 1. */
  readonly line: number
}

/** One Kubernetes object as it was read, with its place. */
export interface Document {
  readonly object: KubernetesObject
  readonly source: Source
  /** Line of the value at that path, or of the nearest parent that exists. */
  lineOf(path: readonly (string | number)[]): number
}
