/** What a client needs to connect. */
export interface ConnectionDetails {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  /**
   * Set where the server takes encrypted connections only.
   * @default the server listens without TLS
   */
  readonly tls?:
    | {
        /** Where a client that checks the server finds the authorities that sign its certificate. */
        readonly authorityFile: string
      }
    | undefined
}

/** Ready-made forms of the same, under the keys that the credentials Secret uses. */
export interface ConnectionKeys {
  /** For libpq and most drivers. */
  readonly uri: string
  /** For Java. */
  readonly 'jdbc-uri': string
  /** As `uri`, of a client that checks the server's certificate and name; with TLS only. */
  readonly 'verified-uri'?: string
  /** As `jdbc-uri`, of such a client; with TLS only. */
  readonly 'verified-jdbc-uri'?: string
  /** One line of a password file. @see https://www.postgresql.org/docs/current/libpq-pgpass.html */
  readonly pgpass: string
}

/**
 * Writes connection details in the forms that clients read, each with its own escaping. With TLS the plain ones ask for
 * encryption (`sslmode=require`), which needs nothing of a client; the verified ones ask for `verify-full` and name the
 * file of authorities, which a client must have.
 * @throws RangeError where a value holds a line break or NUL, which a password file cannot hold; the value is not shown
 */
export function connectionKeys(details: ConnectionDetails): ConnectionKeys {
  const { host, port, database, username, password, tls } = details
  for (const [name, value] of Object.entries({ host, database, username, password })) {
    // oxlint-disable-next-line no-control-regex -- NUL is meant
    if (/[\n\r\u0000]/.test(value)) throw new RangeError(`${name} holds a line break or NUL`)
  }
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const path = component(database)
  const uri = `postgresql://${component(username)}:${component(password)}@${authority}/${path}`
  const jdbc = `jdbc:postgresql://${authority}/${path}?user=${component(username)}&password=${component(password)}`
  // No path of ours holds what a query would escape, and not every driver takes slashes that are.
  const verified = `sslmode=verify-full&sslrootcert=${tls?.authorityFile ?? ''}`
  return {
    uri: tls === undefined ? uri : `${uri}?${REQUIRE_TLS}`,
    'jdbc-uri': tls === undefined ? jdbc : `${jdbc}&${REQUIRE_TLS}`,
    ...(tls === undefined ? {} : { 'verified-uri': `${uri}?${verified}`, 'verified-jdbc-uri': `${jdbc}&${verified}` }),
    pgpass: [host, String(port), database, username, password].map(pgpassField).join(':'),
  }
}

/** @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION */
const REQUIRE_TLS = 'sslmode=require'

/** Whether a ready-made URI asks for encryption. */
export function isEncryptedUri(uri: string): boolean {
  return uri.endsWith(`?${REQUIRE_TLS}`)
}

/**
 * The passwords that ready-made forms hold. Forms that are missing or that nobody could read hold none, so a form that
 * was written by hand is no error here.
 */
export function passwordsIn(
  keys: Readonly<Record<'uri' | 'jdbc-uri' | 'pgpass', string | undefined>>,
): (string | undefined)[] {
  return [uriPassword(keys.uri), jdbcPassword(keys['jdbc-uri']), pgpassPassword(keys.pgpass)]
}

function uriPassword(uri: string | undefined): string | undefined {
  return decoded(/^postgres(?:ql)?:\/\/[^:@/]*:([^@]*)@/.exec(uri ?? '')?.[1])
}

function jdbcPassword(uri: string | undefined): string | undefined {
  return decoded(/^jdbc:postgresql:[^?]*\?(?:[^&]*&)*?password=([^&]*)/.exec(uri ?? '')?.[1])
}

function pgpassPassword(line: string | undefined): string | undefined {
  const fields = /^(?:(?:[^\\:]|\\.)*:){4}((?:[^\\:\n]|\\.)*)\n?$/.exec(line ?? '')
  return fields?.[1]?.replaceAll(/\\(.)/g, '$1')
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** `encodeURIComponent` leaves some delimiters of RFC 3986 alone. */
function component(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function pgpassField(text: string): string {
  return text.replaceAll(/[\\:]/g, (character) => `\\${character}`)
}
