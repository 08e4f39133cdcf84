import { Client } from 'pg'
import type { QueryResult } from 'pg'
import { CREDENTIALS } from './pod-directory.ts'

/** A session of the application role, closed when disposed. */
export interface OwnerSession extends AsyncDisposable {
  query(sql: string): Promise<QueryResult>
}

/** Logs in to the application's database. */
export async function ownerSession(port: number, password: string = CREDENTIALS.password): Promise<OwnerSession> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: CREDENTIALS.username,
    database: CREDENTIALS.database,
    password,
    ssl: false,
  })
  await client.connect()
  return { query: (sql) => client.query(sql), [Symbol.asyncDispose]: () => client.end() }
}
