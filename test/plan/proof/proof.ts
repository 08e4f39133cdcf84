/**
 * The proof of the certificate: objects of many kinds are applied to a real API server, edited by others, and certified.
 * Whatever is certified as unchanged is applied once more as a dry run, which must change nothing.
 */
import type { KubernetesObject } from '../../../src/api/object.ts'
import type { Client } from '../../../src/cluster/client.ts'
import { certify } from '../../../src/plan/certificate.ts'
import type { Certificate } from '../../../src/plan/certificate.ts'
import { compare } from '../../../src/plan/verdict.ts'
import { ApiError } from '../../cluster/api-client.ts'
import type { ApiClient } from '../../cluster/api-client.ts'
import { EDITS } from './foreign-edits.ts'
import { editOf, graft, reordered } from './json-edits.ts'
import { Random } from './random.ts'
import type { Subject } from './subjects.ts'

/** What a proof needs. */
export interface ProofOptions {
  readonly client: Client
  readonly api: ApiClient
  readonly subjects: readonly Subject[]
  readonly namespace: string
  readonly manager: string
  readonly seed: number
  readonly cases: number
  /** The first case, to run one of them again. @default 0 */
  readonly from?: number
  /** Cases at a time. @default 16 */
  readonly width?: number
  readonly onProgress?: (done: number) => void
}

/** Something that must not be. */
export interface Violation {
  readonly case: number
  readonly kind: string
  readonly edits: readonly string[]
  readonly what: string
  readonly desired: KubernetesObject
  readonly live: KubernetesObject
}

/** What a proof found. */
export interface Tally {
  cases: number
  /** Edits that the server took. */
  edits: number
  certified: number
  /** Certified, and the dry run changed nothing. */
  confirmed: number
  /** Certified, and the dry run failed or changed something. */
  readonly falseUnchanged: Violation[]
  /** Applied and looked at again at once, without any edit. */
  secondRuns: number
  /** Second runs of the objects as written that were not certified. */
  readonly falseChanged: Violation[]
  /** Not certified although the dry run changes nothing: each costs one. */
  undecided: number
  /** Cases with a request that the server broke off instead of answering: it does where its own code fails. */
  readonly brokenOff: number[]
  /** Why those were not certified, by number. */
  readonly reasons: Map<string, number>
}

/** Runs the cases of a seed. */
export async function prove(options: ProofOptions): Promise<Tally> {
  const tally: Tally = {
    cases: 0,
    edits: 0,
    certified: 0,
    confirmed: 0,
    falseUnchanged: [],
    secondRuns: 0,
    falseChanged: [],
    undecided: 0,
    brokenOff: [],
    reasons: new Map(),
  }
  const begin = options.from ?? 0
  let next = begin
  const work = async (): Promise<void> => {
    while (next < begin + options.cases) {
      const number = next
      next += 1
      await new Case(options, tally, number).run()
      tally.cases += 1
      options.onProgress?.(tally.cases)
    }
  }
  await Promise.all(Array.from({ length: options.width ?? 16 }, work))
  return tally
}

class Case {
  readonly #options: ProofOptions
  readonly #tally: Tally
  readonly #number: number
  readonly #random: Random
  readonly #subject: Subject
  readonly #path: string
  readonly #done: string[] = []

  constructor(options: ProofOptions, tally: Tally, number: number) {
    this.#options = options
    this.#tally = tally
    this.#number = number
    this.#random = new Random(options.seed * 1_000_003 + number)
    this.#subject = options.subjects[number % options.subjects.length] as Subject
    const { apiVersion } = this.#subject.object
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    this.#path = `${root}/namespaces/${options.namespace}/${this.#subject.plural}/case-${number}`
  }

  async run(): Promise<void> {
    const asWritten = this.#named(this.#subject.object)
    const first = this.#random.chance(0.5) ? asWritten : this.#named(editOf(asWritten, this.#random))
    let applied = asWritten
    let reply = await this.#attempt(() => this.#apply(first))
    if (reply === undefined) reply = await this.#apply(asWritten)
    else applied = first
    if (applied === asWritten && this.#subject.isProvable) {
      this.#tally.secondRuns += 1
      const certificate = this.#certify(applied, reply)
      if (!certificate.unchanged) {
        this.#tally.falseChanged.push(this.#violation(explain(certificate), applied, reply))
      }
    }
    const edits = this.#random.below(4)
    for (let edit = 0; edit < edits; edit += 1) await this.#edit(applied)
    const desired = this.#intent(applied, (await this.#read()) ?? reply)
    await this.#judge(desired)
  }

  #named(object: KubernetesObject): KubernetesObject {
    const { namespace } = this.#options
    const { apiVersion, kind } = this.#subject.object
    const metadata = { ...object.metadata, name: `case-${this.#number}`, namespace }
    return { ...object, apiVersion, kind, metadata }
  }

  #apply(object: KubernetesObject, dryRun = false): Promise<KubernetesObject> {
    const query = { fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined }
    return this.#options.api.apply<KubernetesObject>(this.#path, object, this.#options.manager, query)
  }

  #read(): Promise<KubernetesObject | undefined> {
    const { apiVersion, kind, metadata } = this.#named(this.#subject.object)
    const { name } = metadata
    return this.#options.client.get({ apiVersion, kind, name, namespace: this.#options.namespace })
  }

  #certify(desired: KubernetesObject, live: KubernetesObject): Certificate {
    return certify(desired, live, this.#options.manager)
  }

  /** What the server refuses is no case. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (isBrokenOff(error)) this.#tally.brokenOff.push(this.#number)
      else if (!isRefusal(error)) throw error
      return undefined
    }
  }

  async #edit(applied: KubernetesObject): Promise<void> {
    const live = await this.#read()
    if (live === undefined) return
    const [name, edit] = this.#random.pick(Object.entries(EDITS))
    const { api, manager } = this.#options
    const context = { api, path: this.#path, live, applied, manager, random: this.#random }
    const isDone = await this.#attempt(async () => {
      await edit(context)
      return true
    })
    if (isDone !== true) return
    this.#tally.edits += 1
    this.#done.push(name)
  }

  /** What is to be applied next: mostly what was, sometimes something near it, or what somebody else has made true. */
  #intent(applied: KubernetesObject, live: KubernetesObject): KubernetesObject {
    const way = this.#random.next()
    if (way < 0.6) return applied
    if (way < 0.7) return reordered(applied) as KubernetesObject
    if (way < 0.85) return this.#named(editOf(applied, this.#random))
    const {
      uid: _u,
      resourceVersion: _r,
      generation: _g,
      creationTimestamp: _c,
      managedFields: _m,
      ...kept
    } = live.metadata
    return this.#named(graft(applied, { ...live, metadata: kept }, this.#random))
  }

  async #judge(desired: KubernetesObject): Promise<void> {
    for (;;) {
      const live = await this.#read()
      if (live === undefined) return
      const certificate = this.#certify(desired, live)
      const found = await this.#dryRun(desired, live, certificate.unchanged)
      // A controller was faster: both must be about the same object.
      if (found !== undefined && (await this.#read())?.metadata.resourceVersion !== live.metadata.resourceVersion)
        continue
      if (certificate.unchanged) {
        this.#tally.certified += 1
        if (found === undefined) this.#tally.confirmed += 1
        else this.#tally.falseUnchanged.push(this.#violation(found, desired, live))
      } else if (found === undefined) {
        this.#tally.undecided += 1
        const reason = explain(certificate)
        this.#tally.reasons.set(reason, (this.#tally.reasons.get(reason) ?? 0) + 1)
      }
      return
    }
  }

  /** @returns what an apply would do, or why it is refused; `undefined` where it changes nothing */
  async #dryRun(desired: KubernetesObject, live: KubernetesObject, asWeDo: boolean): Promise<string | undefined> {
    const { client, manager } = this.#options
    try {
      // The product tries again what the server answers with 500, as it does to an apply against the schema.
      const applied = asWeDo
        ? await client.apply(desired, { fieldManager: manager, dryRun: true })
        : await this.#apply(desired, true)
      const { verdict, differences } = compare(live, applied, manager)
      return verdict === 'unchanged' ? undefined : `${verdict} ${JSON.stringify(differences)}`
    } catch (error) {
      if (isBrokenOff(error)) this.#tally.brokenOff.push(this.#number)
      else if (!isRefusal(error)) throw error
      return String(error)
    }
  }

  #violation(what: string, desired: KubernetesObject, live: KubernetesObject): Violation {
    return { case: this.#number, kind: this.#subject.object.kind, edits: this.#done, what, desired, live }
  }
}

function explain(certificate: Certificate): string {
  return certificate.unchanged
    ? 'unchanged'
    : `${certificate.because}: ${certificate.path.replace(/^.*?([^.]*)$/, '$1')}`
}

/** The server broke a request off: it does so where its own code fails. */
function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code))
}

/** Whether the server said no, by the product's transport or by the tests' own. */
function isRefusal(error: unknown): error is Error {
  // An apply against the schema is answered with 500.
  if (error instanceof ApiError) return true
  return error instanceof Error && error.name === 'ApiError'
}

/** A violation as text, with all that is needed to look at it. */
export function describeViolation({ case: number, kind, edits, what, desired, live }: Violation): string {
  const { managedFields, ...metadata } = live.metadata
  return [
    `case ${number}, ${kind}, edited by: ${edits.join(', ') || 'nobody'}`,
    `  what     ${what}`,
    `  desired  ${JSON.stringify(desired)}`,
    `  live     ${JSON.stringify({ ...live, metadata })}`,
    `  managed  ${JSON.stringify(managedFields)}`,
  ].join('\n')
}
