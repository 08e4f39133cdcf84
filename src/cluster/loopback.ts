import { isIPv4 } from 'node:net'

/**
 * Whether a host of a URL is this machine.
 *
 * @param host - as in `URL.hostname`: IPv6 in brackets
 */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))
  )
}
