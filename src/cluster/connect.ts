import { Client } from './client.ts'
import type { ClusterConnection } from './cluster-connection.ts'
import { createCredentials } from './credentials.ts'
import type { CredentialOptions } from './credentials.ts'
import { Transport } from './transport.ts'
import type { TransportOptions } from './transport-options.ts'

/** Everything that decides how a cluster is talked to. */
export type ConnectOptions = CredentialOptions & TransportOptions

/** A client for a connection. Opens nothing and runs nothing before the first request; `client.transport.close()` ends it. */
export function connect(connection: ClusterConnection, options: ConnectOptions): Client {
  return new Client(new Transport(connection, createCredentials(connection, options), options))
}
