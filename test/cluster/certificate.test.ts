import { createPrivateKey, X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createCertificateAuthority, createSelfSignedCertificate, issueCertificate } from './certificate.ts'
import type { CertificateWithKey } from './certificate.ts'

const authority = createCertificateAuthority('throwaway')

function handshake(server: CertificateWithKey, ca: string, host: string, client?: CertificateWithKey): Promise<string> {
  return new Promise((resolve, reject) => {
    const listener = createServer(
      { cert: server.certificate, key: server.key, ca: authority.certificate, requestCert: client !== undefined },
      (socket: TLSSocket) => {
        const { subject } = socket.getPeerCertificate()
        socket.end(socket.authorized ? [subject.O, subject.CN].join('/') : 'nobody')
      },
    )
    onTestFinished(() => void listener.close())
    listener.listen(0, '127.0.0.1', () => {
      const bound = listener.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0
      const identity = client === undefined ? {} : { cert: client.certificate, key: client.key }
      const socket = connect({ host: '127.0.0.1', port, ca, servername: host, ...identity })
      socket.setEncoding('utf8').on('data', resolve)
      socket.on('error', reject)
    })
  })
}

describe('a certificate', () => {
  test('is trusted for its names and addresses by whoever trusts its authority', async () => {
    const server = issueCertificate(authority, { commonName: 'server', hosts: ['localhost', '127.0.0.1', 'fd00::1'] })
    await expect(handshake(server, authority.certificate, 'localhost')).resolves.toBe('nobody')
    await expect(handshake(server, authority.certificate, 'example.com')).rejects.toThrow('altnames')
    await expect(handshake(server, createCertificateAuthority('other').certificate, 'localhost')).rejects.toThrow(
      'self-signed certificate in certificate chain',
    )
    const read = new X509Certificate(server.certificate)
    expect(read.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:FD00:0:0:0:0:0:0:1')
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(read.ca).toBe(false)
    expect(read.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
  })

  test('tells a server who its client is', async () => {
    const server = issueCertificate(authority, { commonName: 'server', hosts: ['localhost'] })
    const client = issueCertificate(authority, { commonName: 'jane', organizations: ['system:masters'] })
    await expect(handshake(server, authority.certificate, 'localhost', client)).resolves.toBe('system:masters/jane')
  })

  test('can vouch for itself', async () => {
    const server = createSelfSignedCertificate({ commonName: 'node', hosts: ['localhost'] })
    await expect(handshake(server, server.certificate, 'localhost')).resolves.toBe('nobody')
  })

  test('belongs to its key and is valid now, for a year', () => {
    const { certificate, key } = issueCertificate(authority, { commonName: 'now' })
    const read = new X509Certificate(certificate)
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(Date.parse(read.validFrom)).toBeLessThan(Date.now())
    expect(Date.parse(read.validTo)).toBeGreaterThan(Date.now() + 364 * 24 * 3_600_000)
  })

  test('stays well-formed when its fields need long lengths', () => {
    const hosts = Array.from({ length: 300 }, (_, index) => `host-${index}.example.com`)
    const read = new X509Certificate(createSelfSignedCertificate({ commonName: 'ü'.repeat(60), hosts }).certificate)
    expect(read.checkHost('host-299.example.com')).toBe('host-299.example.com')
    expect(read.subject).toBe(`CN=${'ü'.repeat(60)}`)
  })
})

test('an authority says that it is one', () => {
  expect(new X509Certificate(authority.certificate).ca).toBe(true)
})
