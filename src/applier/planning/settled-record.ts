import type { KnownDocument, KnownDocuments } from '../../manifests/document.ts'

/** What is remembered of a database that was ready and had nothing to be done to it. */
export interface SettledRecord {
  /** Of its manifests and of all its live objects, as they were judged. @see fingerprintOf */
  readonly fingerprint: string
  /** When they were judged, in milliseconds since the epoch. */
  readonly at: number
  /** Whether its readiness rests on a login. */
  readonly verified: boolean
  /** As its status had them, for the last line about it. */
  readonly endpoint: string
  readonly secretName: string
  /** Those of its documents that have texts of their own, by the digests of these. */
  readonly documents: Readonly<Record<string, KnownDocument>>
}

/** What a run leaves for the next one. */
export interface SettledRecords {
  /** The latest resourceVersion that was seen. A server that is behind it was set back, and its versions say nothing. */
  readonly revision: string
  /** By `namespace/name`. */
  readonly databases: ReadonlyMap<string, SettledRecord>
}

/** All documents of the databases of some records. */
export function documentsOf({ databases }: SettledRecords): KnownDocuments {
  return new Map([...databases.values()].flatMap(({ documents }) => Object.entries(documents)))
}

/** Where records are kept between runs. Losing them costs time and nothing else. */
export interface SettledMemory {
  /** What is known; `undefined` where nothing is. */
  load(): SettledRecords | undefined
  /** Takes the place of what was known. What cannot be kept is lost without a word. */
  store(records: SettledRecords): void
}
