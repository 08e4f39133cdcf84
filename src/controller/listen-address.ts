/** Where to listen. */
export interface ListenAddress {
  /** Absent: every address of the machine. */
  readonly host?: string
  /** 0: one that is free. */
  readonly port: number
}

const SYNTAX = /^(?:\[(?<six>[0-9a-fA-F:.%]+)\]|(?<host>[^:[\]\s]*)):(?<port>\d{1,5})$/

/**
 * Reads `127.0.0.1:8080`, `[::1]:8080` or `:8080`, as controllers take it.
 *
 * @throws RangeError that says what to write
 */
export function parseListenAddress(text: string): ListenAddress {
  const { six, host, port } = SYNTAX.exec(text)?.groups ?? {}
  if (port === undefined || Number(port) > 65_535)
    throw new RangeError(`"${text}" is no address to listen on: write HOST:PORT or :PORT, such as 127.0.0.1:8080`)
  const name = six ?? host ?? ''
  return { port: Number(port), ...(name === '' ? {} : { host: name }) }
}
