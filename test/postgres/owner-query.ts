import { Client } from 'pg'
import type { QueryResult } from 'pg'
import { CREDENTIALS } from './pod-directory.ts'

/** Runs one statement as the application role, in a session of its own. */
export async function queryAsOwner(
  port: number,
  sql: string,
  password: string = CREDENTIALS.password,
): Promise<QueryResult> {
  const { username, database } = CREDENTIALS
  const client = new Client({ host: '127.0.0.1', port, user: username, database, password, ssl: false })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}
