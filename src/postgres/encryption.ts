import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { fingerprintOf, rfc3339Of, TlsNotOfferedError } from './server-certificate.ts'
import type { PresentedCertificate, TlsRequest } from './server-certificate.ts'

/**
 * SSLRequest: its length and its code.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST
 */
const SSL_REQUEST = Buffer.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f)

/** What a server answers that encrypts, and one that does not. */
const [YES, NO] = Buffer.from('SN')

/** A stream that is encrypted, and to whom it leads. */
export interface EncryptedStream {
  readonly stream: TLSSocket
  readonly presented: PresentedCertificate
}

/**
 * Encrypts a stream to a server before anything else is said on it. As `sslmode=verify-full` has it, chain and host name
 * are checked, before the server learns who asks. Not left to the driver, which loses the reason of a failed handshake.
 * @throws TlsNotOfferedError where the server does not encrypt; errors of the handshake, with their code
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export async function encrypt(stream: Duplex, request: TlsRequest): Promise<EncryptedStream> {
  stream.write(SSL_REQUEST)
  const answer = await firstByte(stream)
  if (answer === NO) throw new TlsNotOfferedError()
  if (answer !== YES) throw new Error('the server answered with an error when it was asked to encrypt')
  // Whoever sends more before the handshake wants it taken for the server's own words.
  if (stream.readableLength > 0) throw new Error('the server said more than its answer before the handshake')
  const { serverName, authority, certificate } = request
  const secure = connect({
    socket: stream,
    servername: serverName,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(authority === undefined ? {} : { ca: authority }),
  })
  await once(secure, 'secureConnect')
  const { valid_to: until, fingerprint256 } = secure.getPeerCertificate()
  const presented = { expires: rfc3339Of(until), isWanted: fingerprint256 === fingerprintOf(certificate) }
  return { stream: secure, presented }
}

async function firstByte(stream: Duplex): Promise<number | undefined> {
  const ended = once(stream, 'end').then(() => {
    throw new Error('the server closed the connection when it was asked to encrypt')
  })
  const read = async (): Promise<number | undefined> => {
    for (;;) {
      const bytes = stream.read(1) as Buffer | null
      if (bytes !== null) return bytes[0]
      await once(stream, 'readable')
    }
  }
  return Promise.race([read(), ended])
}
