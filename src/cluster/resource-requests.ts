import type { ApiRequest } from './api-request.ts'
import type { CallOptions, Selection } from './client-options.ts'
import type { Discovery } from './discovery.ts'
import { isKindNotServed } from './error-guards.ts'
import { KindNotServedError } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import type { JsonObject } from './json-object.ts'
import { resourcePath } from './kind-mapping.ts'
import type { KindMapping } from './kind-mapping.ts'
import type { Transport } from './transport.ts'

/** What a request is about: found out before it is sent. */
export interface Call {
  readonly mapping: KindMapping
  readonly target: RequestTarget
  readonly path: string
}

/** An object, or the collection that it is created in. */
export interface CallSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly subresource?: string
}

/** The parts of a request that a verb decides. */
export type Sending = Pick<
  ApiRequest,
  'method' | 'expect' | 'retry' | 'body' | 'query' | 'contentType' | 'accept' | 'itemSink'
>

/** Addresses requests: from kinds and names to paths, and from a 404 without a name to "this kind is not served". */
export class ResourceRequests {
  readonly #transport: Transport
  readonly #discovery: Discovery

  constructor(transport: Transport, discovery: Discovery) {
    this.#transport = transport
    this.#discovery = discovery
  }

  /** A namespaced subject without a namespace is in the namespace of the connection. */
  async object(verb: string, subject: CallSubject, signal?: AbortSignal): Promise<Call> {
    const { apiVersion, kind, name, subresource } = subject
    const mapping = await this.#discovery.find(apiVersion, kind, signal)
    const namespace = mapping.namespaced ? (subject.namespace ?? this.#transport.connection.namespace) : undefined
    const resource = subresource === undefined ? mapping.plural : `${mapping.plural}/${subresource}`
    const target = { verb, resource, name, ...(namespace === undefined ? {} : { namespace }) }
    // A create is sent to the collection; its name stands in the body.
    const path = resourcePath(mapping, { namespace, subresource, name: verb === 'create' ? undefined : name })
    return { mapping, target, path }
  }

  async collection(verb: string, selection: Selection, signal?: AbortSignal): Promise<Call> {
    const { namespace } = selection
    const mapping = await this.#discovery.find(selection.apiVersion, selection.kind, signal)
    const target = { verb, resource: mapping.plural, ...(namespace === undefined ? {} : { namespace }) }
    return { mapping, target, path: resourcePath(mapping, { namespace }) }
  }

  async send(call: Call, sending: Sending, options: CallOptions): Promise<JsonObject> {
    const { signal, timeoutMs, deadlineMs } = options
    try {
      return await this.#transport.request({
        ...sending,
        target: call.target,
        path: call.path,
        ...(signal === undefined ? {} : { signal }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      })
    } catch (error) {
      throw notServed(call, error) ?? error
    }
  }
}

/** The error to report when `error` means that the kind itself is unknown to the server. */
export function notServed({ mapping }: Call, error: unknown): KindNotServedError | undefined {
  if (!isKindNotServed(error)) return undefined
  return new KindNotServedError(mapping.apiVersion, mapping.kind, { cause: error })
}

/** Query parameters of a selection. */
export function selectionQuery({ labelSelector, fieldSelector }: Selection): NonNullable<ApiRequest['query']> {
  return { labelSelector, fieldSelector }
}
