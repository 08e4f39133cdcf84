/** What a client needs to connect. */
export interface ConnectionDetails {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
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
 * Writes connection details in the forms that clients read, each with its own escaping.
 * @throws RangeError where a value holds a line break or NUL, which a password file cannot hold; the value is not shown
 */
export function connectionKeys({ host, port, database, username, password }: ConnectionDetails): ConnectionKeys {
  for (const [name, value] of Object.entries({ host, database, username, password })) {
    // oxlint-disable-next-line no-control-regex -- NUL is meant
    if (/[\n\r\u0000]/.test(value)) throw new RangeError(`${name} holds a line break or NUL`)
  }
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const path = component(database)
  return {
    uri: `postgresql://${component(username)}:${component(password)}@${authority}/${path}`,
    'jdbc-uri': `jdbc:postgresql://${authority}/${path}?user=${component(username)}&password=${component(password)}`,
    pgpass: [host, String(port), database, username, password].map(pgpassField).join(':'),
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
