/** What a client needs to connect. */
export interface ConnectionDetails {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  /** Whether the server takes encrypted connections only. @default false */
  readonly tls?: boolean
}

/** Ready-made forms of the same, under the keys that the credentials Secret uses. */
export interface ConnectionKeys {
  /** For libpq and most drivers. */
  readonly uri: string
  /** For Java. */
  readonly 'jdbc-uri': string
  /** One line of a password file. @see https://www.postgresql.org/docs/current/libpq-pgpass.html */
  readonly pgpass: string
}

/**
 * Writes connection details in the forms that clients read, each with its own escaping. With TLS they ask for encryption
 * (`sslmode=require`); checking the certificate needs a file, of which these forms know nothing.
 * @throws RangeError where a value holds a line break or NUL, which a password file cannot hold; the value is not shown
 */
export function connectionKeys(details: ConnectionDetails): ConnectionKeys {
  const { host, port, database, username, password, tls = false } = details
  for (const [name, value] of Object.entries({ host, database, username, password })) {
    // oxlint-disable-next-line no-control-regex -- NUL is meant
    if (/[\n\r\u0000]/.test(value)) throw new RangeError(`${name} holds a line break or NUL`)
  }
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const path = component(database)
  return {
    uri: `postgresql://${component(username)}:${component(password)}@${authority}/${path}${tls ? `?${REQUIRE_TLS}` : ''}`,
    'jdbc-uri': `jdbc:postgresql://${authority}/${path}?user=${component(username)}&password=${component(password)}${tls ? `&${REQUIRE_TLS}` : ''}`,
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
export function passwordsIn(keys: { readonly [Key in keyof ConnectionKeys]: string | undefined }): (
  | string
  | undefined
)[] {
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
