import { Buffer } from 'node:buffer'
import type { ApiRequest } from './api-request.ts'
import type { ClusterConnection } from './cluster-connection.ts'
import type { HttpRequest } from './connection.ts'
import type { Credential } from './credential.ts'
import { identityHeaders } from './identity-headers.ts'

/** What a request is sent with, beside itself. */
export interface EncodingOptions {
  readonly connection: Pick<ClusterConnection, 'impersonation'>
  readonly credential: Credential
  readonly signal: AbortSignal
  /** Whether the reply may come compressed. */
  readonly compression: boolean
  readonly userAgent: string
}

/** A request to the API server as HTTP. An attempt of its own each time: a sink of items belongs to one. */
export function encodeRequest(request: ApiRequest, options: EncodingOptions): HttpRequest {
  const { connection, credential, signal, compression, userAgent } = options
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  const query = Object.entries(request.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
    .join('&')
  const { clientCertificate } = credential
  return {
    method: request.method,
    path: query === '' ? request.path : `${request.path}?${query}`,
    headers: {
      accept: request.accept ?? 'application/json',
      'user-agent': userAgent,
      ...(compression ? { 'accept-encoding': 'gzip' } : {}),
      ...(body === undefined
        ? {}
        : { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...identityHeaders(credential, connection.impersonation),
    },
    signal,
    ...(body === undefined ? {} : { body }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(request.itemSink === undefined ? {} : { itemSink: request.itemSink() }),
  }
}
