import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { pgHbaConf, postgresqlConf } from '../../src/postgres/configuration.ts'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import type { TlsRequest } from '../../src/postgres/server-certificate.ts'
import { verifyLogin } from '../../src/postgres/verification.ts'
import type { LoginVerification } from '../../src/postgres/verification.ts'
import { createCertificateAuthority, createSelfSignedCertificate, issueCertificate } from '../cluster/certificate.ts'
import type { CertificateWithKey } from '../cluster/certificate.ts'
import { encrypt, present } from './encrypted-pod.ts'
import { CREDENTIALS, makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { MAJORS } from './programs-under-test.ts'

const HOST = 'orders.shop.svc.cluster.local'
const DAY_MS = 86_400_000
const authority = createCertificateAuthority('authority of the test')
const issued = (more: { hosts?: string[]; validity?: [Date, Date] } = {}): CertificateWithKey =>
  issueCertificate(authority, { commonName: 'orders', hosts: [HOST], ...more })

/** A login from an address that is not the server's own, as every client of a pod has one. */
function login(pod: PodDirectory, port: number, tls?: TlsRequest): Promise<LoginVerification> {
  const open = async (): Promise<ReturnType<typeof connect>> => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return socket
  }
  return verifyLogin({ connect: open, ...CREDENTIALS, timeoutMs: 15_000, expectedMajor: pod.major, tls })
}

async function makePod(major: PostgresMajor): Promise<PodDirectory> {
  const pod = await makePodDirectory(major)
  const { code, output } = await pod.bootstrap()
  if (code !== 0) throw new Error(output)
  return pod
}

describe.each(MAJORS)('a server of PostgreSQL %s with a certificate', (major) => {
  let pod: PodDirectory
  const good = issued()
  const wanted: TlsRequest = { serverName: HOST, authority: authority.certificate, certificate: good.certificate }
  beforeAll(async () => {
    pod = await makePod(major)
    await encrypt(pod)
  })
  afterAll(async () => pod.dispose())

  test('lets in who encrypts and nobody else, and takes a renewed certificate over while it runs', async () => {
    await present(pod, good)
    await pod.serve(async (port, server) => {
      expect(await login(pod, port, wanted)).toMatchObject({
        ok: true,
        certificate: { isWanted: true, expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
      })
      const plain = await login(pod, port)
      expect(plain).toMatchObject({ ok: false, reason: 'LoginRejected' })
      expect(plain.ok ? '' : plain.message).toMatch(/no pg_hba.conf entry .*no encryption/)

      const renewed = issued({ validity: [new Date(Date.now() - DAY_MS), new Date(Date.now() + 3 * DAY_MS)] })
      const next = { ...wanted, certificate: renewed.certificate }
      expect(await login(pod, port, next)).toMatchObject({ ok: true, certificate: { isWanted: false } })
      await present(pod, renewed)
      await vi.waitFor(
        async () => {
          expect(await login(pod, port, next)).toMatchObject({ ok: true, certificate: { isWanted: true } })
        },
        { timeout: 20_000, interval: 200 },
      )
      expect(server.output().match(/starting PostgreSQL/g)).toHaveLength(1)

      // A key of another certificate: the server keeps what it has, and says so.
      await present(pod, { certificate: good.certificate, key: renewed.key })
      await vi.waitFor(() => expect(server.output()).toMatch(/SSL configuration was not reloaded/), {
        timeout: 20_000,
        interval: 200,
      })
      expect(await login(pod, port, wanted)).toMatchObject({ ok: true, certificate: { isWanted: false } })
    })
  })
})

const SENTENCES = {
  CertificateExpired: /^the certificate that the server presents has expired$/,
  CertificateNotYetValid: /^the certificate that the server presents is not valid yet$/,
  CertificateNameMismatch:
    /^the certificate that the server presents is not for orders\.shop\.svc\.cluster\.local: it is for invoices\.shop\.svc\.cluster\.local$/,
  CertificateNotTrusted:
    /^no trusted authority signed the certificate that the server presents; put its authority into the Secret, under ca\.crt$/,
} as const

describe('a login that expects a certificate', () => {
  let pod: PodDirectory
  const elsewhere = createCertificateAuthority('another authority')
  const trusted = (certificate: CertificateWithKey): TlsRequest => ({
    serverName: HOST,
    authority: authority.certificate,
    certificate: certificate.certificate,
  })
  beforeAll(async () => {
    pod = await makePod(MAJORS[0] ?? '14')
    await encrypt(pod)
  })
  afterAll(async () => pod.dispose())

  test.each([
    ['CertificateExpired', issued({ validity: [new Date(Date.now() - 2 * DAY_MS), new Date(Date.now() - DAY_MS)] })],
    [
      'CertificateNotYetValid',
      issued({ validity: [new Date(Date.now() + DAY_MS), new Date(Date.now() + 2 * DAY_MS)] }),
    ],
    ['CertificateNameMismatch', issued({ hosts: ['invoices.shop.svc.cluster.local'] })],
    ['CertificateNotTrusted', createSelfSignedCertificate({ commonName: 'orders', hosts: [HOST] })],
    ['CertificateNotTrusted', issueCertificate(elsewhere, { commonName: 'orders', hosts: [HOST] })],
  ] as const)('ends with %s where the server presents no other', async (reason, certificate) => {
    await present(pod, certificate)
    await pod.serve(async (port) => {
      const result = await login(pod, port, trusted(certificate))
      expect(result).toMatchObject({ ok: false, reason, message: expect.stringMatching(SENTENCES[reason]) })
      // The password was not sent, and stands nowhere.
      expect(JSON.stringify(result)).not.toContain(CREDENTIALS.password)
    })
  })

  test('ends with TlsNotOffered where the server does not encrypt', async () => {
    const size = { memoryLimitBytes: 2 ** 27, storageBytes: 2 ** 28 }
    await pod.configure('postgresql.conf', postgresqlConf({ major: pod.major, ...size, parameters: {} }))
    await pod.configure('pg_hba.conf', pgHbaConf())
    await pod.serve(async (port) => {
      expect(await login(pod, port, trusted(issued()))).toMatchObject({ ok: false, reason: 'TlsNotOffered' })
      expect(await login(pod, port)).toMatchObject({ ok: true })
    })
  })
})
