import type { Rule } from './rule.ts'

/**
 * Which addresses `spec.dependencies` may name. A manifest must not be able to make the applier, or a controller in the
 * cluster, connect to itself, to its node or to a cloud's metadata service. What a name resolves to is judged again
 * where the connection is made.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */

const SYNTAX = '^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:.]+\\]):[0-9]{1,5}$'
const PORT = ':([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$'

const REFUSED_HOSTS = [
  'localhost',
  '.*[.]localhost',
  'ip6-localhost',
  'ip6-loopback',
  '127[.][0-9.]*',
  '0[.][0-9.]*',
  '169[.]254[.][0-9.]*',
  '100[.]100[.]100[.]200',
  '168[.]63[.]129[.]16',
  '192[.]0[.]0[.]192',
  'metadata([.]google[.]internal|[.]goog)?',
  'instance-data([.]ec2[.]internal)?',
  '\\[fd00:0?ec2:.*\\]',
]
const REFUSED = `^(${REFUSED_HOSTS.join('|')}):`

// Resolvers read `127.1`, `2130706433`, `0x7f.1` and `0177.0.0.1` as loopback: a host that ends in a number must be
// written the one way that everybody reads alike.
const NUMERIC = '^([^\\[]*[.])?(0x[0-9a-f]*|[0-9]+)(:|$)'
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const DOTTED_QUAD = `^(${OCTET}[.]){3}${OCTET}(:|$)`

// 2000::/3 and fc00::/7. Loopback, link-local, site-local and every embedding of IPv4 lie elsewhere.
const IPV6_ALLOWED = '^\\[([23][0-9a-f]{3}|f[cd][0-9a-f]{2}):'

const text = (pattern: string): string => `'${pattern.replaceAll('\\', '\\\\')}'`
const isMatch = (pattern: string, value: string): boolean => new RegExp(pattern).test(value)

/** Rules of a dependency's address. */
export const ADDRESS_RULES: readonly Rule<string>[] = [
  {
    cel: `self.matches(${text(SYNTAX)})`,
    message: 'dependencies.address must be host:port, for example vault.shop.svc:8200',
    holds: (value) => isMatch(SYNTAX, value),
  },
  {
    cel: `self.matches(${text(PORT)})`,
    message: 'dependencies.address must have a port from 1 to 65535',
    holds: (value) => isMatch(PORT, value),
  },
  {
    cel: `!self.matches(${text(REFUSED)})`,
    message: 'dependencies.address must not be a loopback, link-local or metadata address',
    holds: (value) => !isMatch(REFUSED, value),
  },
  {
    cel: `!self.matches(${text(NUMERIC)}) || self.matches(${text(DOTTED_QUAD)})`,
    message: 'dependencies.address must write an IPv4 address as four decimal numbers, for example 10.0.0.1:5432',
    holds: (value) => !isMatch(NUMERIC, value) || isMatch(DOTTED_QUAD, value),
  },
  {
    cel: `!self.startsWith('[') || self.matches(${text(IPV6_ALLOWED)})`,
    message: 'dependencies.address must be a global or unique local address where it is IPv6',
    holds: (value) => !value.startsWith('[') || isMatch(IPV6_ALLOWED, value),
  },
]
