/**
 * X.509 certificates for servers and clients that live as long as a test.
 *
 * Written on node:crypto alone: the certificates a throwaway cluster needs are one DER structure, and a dependency
 * for it would be larger than this file.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate and its private key, both PEM. */
export interface CertificateWithKey {
  readonly certificate: string
  readonly key: string
}

/** What a certificate says. */
export interface CertificateSubject {
  /** The common name; for a client certificate, the Kubernetes user. */
  readonly commonName: string
  /** Organizations; for a client certificate, the user's Kubernetes groups. @default none */
  readonly organizations?: readonly string[]
  /** DNS names and IP addresses that a server answers to. @default none */
  readonly hosts?: readonly string[]
  /** When it begins and ends. @default an hour ago, and a year from now */
  readonly validity?: readonly [from: Date, until: Date]
}

const oneHourMs = 3_600_000
const oneYearMs = 365 * 24 * oneHourMs

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const value = Buffer.concat(parts)
  if (value.length < 0x80) return Buffer.concat([Buffer.of(tag, value.length), value])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.length)
  const significant = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.of(tag, 0x80 | significant.length), significant, value])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts)
const set = (...parts: readonly Uint8Array[]): Buffer => tlv(0x31, ...parts)
const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text))
const octets = (bytes: Uint8Array): Buffer => tlv(0x04, bytes)
const bits = (bytes: Uint8Array, unusedBits = 0): Buffer => tlv(0x03, Buffer.of(unusedBits), bytes)
const yes = tlv(0x01, Buffer.of(0xff))

const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return tlv(0x06, Buffer.from(bytes))
}

/** GeneralizedTime would be refused by strict parsers before 2050, UTCTime is the rule until then. */
const utcTime = (date: Date): Buffer =>
  tlv(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))

const name = ({ commonName, organizations = [] }: CertificateSubject): Buffer =>
  sequence(
    ...organizations.map((organization) => set(sequence(oid('2.5.4.10'), utf8(organization)))),
    set(sequence(oid('2.5.4.3'), utf8(commonName))),
  )

const address = (ip: string): Buffer => {
  if (isIP(ip) === 4) return Buffer.from(ip.split('.').map(Number))
  const [head = '', tail = ''] = ip.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [left, right] = [groups(head), groups(tail)]
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

const alternativeNames = (hosts: readonly string[]): Buffer =>
  sequence(...hosts.map((host) => (isIP(host) === 0 ? tlv(0x82, Buffer.from(host)) : tlv(0x87, address(host)))))

const keyIdentifier = (publicKeyDer: Buffer): Buffer => createHash('sha1').update(publicKeyDer).digest()

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value))

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/(.{64})(?!$)/g, '$1\n')}\n-----END ${label}-----\n`

interface Issuer {
  readonly subject: Buffer
  readonly key: string
}

const issue = (subject: CertificateSubject, isAuthority: boolean, issuer?: Issuer): CertificateWithKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const signingKey = createPrivateKey(issuer?.key ?? key)
  const issuerSpki = createPublicKey(signingKey).export({ type: 'spki', format: 'der' })
  const hosts = subject.hosts ?? []
  // keyCertSign and cRLSign for an authority, digitalSignature for everybody else.
  const keyUsage = isAuthority ? bits(Buffer.of(0x06), 1) : bits(Buffer.of(0x80), 7)
  // A clock that is a little behind must not find the certificate not yet valid.
  const [from, until] = subject.validity ?? [new Date(Date.now() - oneHourMs), new Date(Date.now() + oneYearMs)]
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.concat([Buffer.of(0x01), randomBytes(15)])),
    ecdsaWithSha256,
    issuer?.subject ?? name(subject),
    sequence(utcTime(from), utcTime(until)),
    name(subject),
    spki,
    tlv(
      0xa3,
      sequence(
        extension('2.5.29.19', sequence(...(isAuthority ? [yes] : [])), true),
        extension('2.5.29.15', keyUsage, true),
        extension('2.5.29.14', octets(keyIdentifier(spki))),
        extension('2.5.29.35', sequence(tlv(0x80, keyIdentifier(issuerSpki)))),
        ...(isAuthority ? [] : [extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2')))]),
        ...(hosts.length === 0 ? [] : [extension('2.5.29.17', alternativeNames(hosts))]),
      ),
    ),
  )
  const certificate = sequence(tbs, ecdsaWithSha256, bits(sign('sha256', tbs, signingKey)))
  return { certificate: pem('CERTIFICATE', certificate), key }
}

/** A new certificate authority, valid for a year. */
export function createCertificateAuthority(commonName: string): CertificateWithKey {
  return issue({ commonName }, true)
}

/**
 * A certificate signed by `authority`, for a server and a client alike, valid for a year unless the subject says otherwise.
 *
 * `authorityName` is the common name that the authority was created with.
 */
export function issueCertificate(authority: CertificateWithKey, subject: CertificateSubject): CertificateWithKey {
  const commonName = /CN=(.*)/.exec(new X509Certificate(authority.certificate).subject)?.[1]
  if (commonName === undefined) throw new Error('the certificate authority has no common name')
  return issue(subject, false, { subject: name({ commonName }), key: authority.key })
}

/** A certificate that vouches for itself, as a kubelet's serving certificate does. */
export function createSelfSignedCertificate(subject: CertificateSubject): CertificateWithKey {
  return issue(subject, false)
}

/** A P-256 key pair in PEM, for signing ServiceAccount tokens. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
