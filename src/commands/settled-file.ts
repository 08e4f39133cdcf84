import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SettledMemory, SettledRecord, SettledRecords } from '../applier/planning/settled-record.ts'
import type { ObjectHead } from '../api/object.ts'
import type { KnownDocument } from '../manifests/document.ts'
import { VERSION } from '../version.ts'
import type { CommandContext } from './command.ts'

/** What the file holds. Another version of the program judges otherwise, and believes nothing of it. */
interface Stored {
  readonly program: string
  readonly revision: string
  readonly databases: Readonly<Record<string, SettledRecord>>
}

/** Records of one server, in a file of the user's cache: hashes and names, and no value of any object. */
export class SettledFile implements SettledMemory {
  readonly #file: string
  #loaded: { readonly records: SettledRecords | undefined } | undefined

  /** The file for a server. @param server its URL */
  static of(server: string, { environment, home }: Pick<CommandContext, 'environment' | 'home'>): SettledFile {
    const given = environment['XDG_CACHE_HOME']
    const cache = given === undefined || given === '' ? join(home, '.cache') : given
    const name = createHash('sha256').update(server).digest('hex').slice(0, 16)
    return new SettledFile(join(cache, 'cdk8s-database', `settled-${name}.json`))
  }

  constructor(file: string) {
    this.#file = file
  }

  load(): SettledRecords | undefined {
    this.#loaded ??= { records: this.#read() }
    return this.#loaded.records
  }

  #read(): SettledRecords | undefined {
    try {
      const stored: unknown = JSON.parse(readFileSync(this.#file, 'utf8'))
      return isStored(stored) && stored.program === VERSION
        ? { revision: stored.revision, databases: new Map(Object.entries(stored.databases)) }
        : undefined
    } catch {
      return undefined
    }
  }

  store({ revision, databases }: SettledRecords): void {
    this.#loaded = undefined
    const stored: Stored = { program: VERSION, revision, databases: Object.fromEntries(databases) }
    const draft = `${this.#file}.${randomUUID()}`
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
      // Renamed when complete: two runs at the same time, or one that is killed, leave one of both.
      writeFileSync(draft, JSON.stringify(stored), { mode: 0o600 })
      renameSync(draft, this.#file)
    } catch {
      forget(draft)
    }
  }
}

function forget(draft: string): void {
  try {
    rmSync(draft, { force: true })
  } catch {
    // Where it could not be written it need not be removed.
  }
}

function isStored(value: unknown): value is Stored {
  const { revision, databases } = (value ?? {}) as Partial<Record<keyof Stored, unknown>>
  return (
    typeof revision === 'string' &&
    typeof databases === 'object' &&
    databases !== null &&
    Object.values(databases).every(isRecord)
  )
}

function isRecord(value: unknown): value is SettledRecord {
  const { fingerprint, at, verified, endpoint, secretName, documents } = (value ?? {}) as Partial<
    Record<keyof SettledRecord, unknown>
  >
  return (
    [fingerprint, endpoint, secretName].every((text) => typeof text === 'string') &&
    typeof at === 'number' &&
    typeof verified === 'boolean' &&
    typeof documents === 'object' &&
    documents !== null &&
    Object.values(documents).every(isKnownDocument)
  )
}

function isKnownDocument(value: unknown): value is KnownDocument {
  const { head, line, lines } = (value ?? {}) as Partial<Record<keyof KnownDocument, unknown>>
  const { apiVersion, kind, metadata } = (head ?? {}) as Partial<Record<keyof ObjectHead, unknown>>
  const {
    name,
    namespace = '',
    labels = {},
  } = (metadata ?? {}) as Partial<Record<keyof ObjectHead['metadata'], unknown>>
  return (
    [apiVersion, kind, name, namespace].every((text) => typeof text === 'string') &&
    [line, lines].every((number) => typeof number === 'number') &&
    typeof labels === 'object'
  )
}
