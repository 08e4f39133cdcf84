/**
 * The JDBC driver with the URLs of the generated Secret. It comes with neither npm nor this repository:
 * `JDBC_DRIVER=/path/to/postgresql-42.7.7.jar npx vitest run test/postgres/jdbc.test.ts`, with a JDK on PATH.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionKeys } from '../../src/postgres/connection.ts'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'
import { findOnPath } from '../cluster/programs-source.ts'
import { encrypt, present } from './encrypted-pod.ts'
import { makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { ANY_MAJOR } from './programs-under-test.ts'

const driver = process.env['JDBC_DRIVER']
const java = await findOnPath('java')

function reasonToSkip(): string | undefined {
  if (driver === undefined) return 'JDBC_DRIVER names no file of the driver'
  return java === undefined ? 'no java on PATH' : undefined
}

const reason = reasonToSkip()
if (reason !== undefined) process.stdout.write(`the JDBC driver is not run: ${reason}\n`)

const HOST = 'orders.shop.svc.cluster.local'
/** Everything that a URL has to escape. */
const PASSWORD = 'a&b=c d/é?%+#'

/** Comes from an address that is not the server's own, as every client of a pod does. */
const CLIENT = `
class Client {
  public static void main(String[] args) throws Exception {
    var properties = new java.util.Properties();
    properties.setProperty("localSocketAddress", "127.0.0.2");
    try (var connection = java.sql.DriverManager.getConnection(System.getenv("URL"), properties);
         var rows = connection.createStatement().executeQuery(
           "select current_user || ' ' || coalesce((select version from pg_stat_ssl where pid = pg_backend_pid()), 'in clear')")) {
      rows.next();
      System.out.println(rows.getString(1));
    } catch (java.sql.SQLException error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) System.out.println(cause.getMessage());
    }
  }
}`

describe.skipIf(reason !== undefined)('the JDBC driver', () => {
  const authority = createCertificateAuthority('authority of the test')
  let pod: PodDirectory
  let authorityFile = ''
  beforeAll(async () => {
    pod = await makePodDirectory(ANY_MAJOR, { username: 'admin', database: 'mydb', password: PASSWORD })
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await encrypt(pod)
    await present(pod, issueCertificate(authority, { commonName: 'orders', hosts: [HOST] }))
    authorityFile = join(pod.root, 'ca.crt')
    await writeFile(authorityFile, authority.certificate)
    await writeFile(join(pod.root, 'Client.java'), CLIENT)
    await writeFile(join(pod.root, 'hosts'), `127.0.0.1 ${HOST}\n127.0.0.1 impostor.example.com\n`)
  }, 60_000)
  afterAll(async () => pod.dispose())

  /** What a client says whose `URL` is one of the Secret. */
  const said = (key: 'jdbc-uri' | 'verified-jdbc-uri', host = HOST, file = authorityFile): Promise<string> =>
    pod.serve(async (port) => {
      const details = { host, port, database: 'mydb', username: 'admin', password: PASSWORD }
      const url = connectionKeys({ ...details, tls: { authorityFile: file } })[key]
      const flags = [`-Djdk.net.hosts.file=${join(pod.root, 'hosts')}`, '-cp', driver ?? '']
      const { stdout } = await promisify(execFile)(java ?? '', [...flags, join(pod.root, 'Client.java')], {
        env: { ...process.env, URL: url },
      })
      return stdout
    })

  test('encrypts with jdbc-uri, and checks nothing', async () => {
    expect(await said('jdbc-uri')).toBe('admin TLSv1.3\n')
    expect(await said('jdbc-uri', 'impostor.example.com')).toBe('admin TLSv1.3\n')
  })

  test('checks chain and name with verified-jdbc-uri', async () => {
    expect(await said('verified-jdbc-uri')).toBe('admin TLSv1.3\n')
    expect(await said('verified-jdbc-uri', 'impostor.example.com')).toMatch(
      /impostor\.example\.com could not be verified/,
    )
    const stranger = join(pod.root, 'stranger.crt')
    await writeFile(stranger, createCertificateAuthority('somebody else').certificate)
    expect(await said('verified-jdbc-uri', HOST, stranger)).toMatch(/path (building|validation) failed|trust anchor/i)
  })
})
