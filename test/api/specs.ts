/**
 * Specs, valid and not, with what must be said about each. The client's validation and the API server's are both held
 * to this one table.
 */
import { OWNED_PARAMETERS } from '../../src/api/parameters.ts'
import { BACKUPS } from './backup-cases.ts'
import { MONITORING } from './monitoring-cases.ts'
import { PLACEMENTS } from './placement-cases.ts'
import { REPLICATION } from './replication-cases.ts'

/** A spec that nothing is wrong with. */
export const VALID_SPEC = {
  image: 'postgres:16.4-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: '10Gi' },
} as const

/** One spec and the judgement on it. */
export interface SpecCase {
  readonly title: string
  /** Replaces fields of the valid spec; `undefined` takes one out. */
  readonly spec: Readonly<Record<string, unknown>>
  /** @default 'orders' */
  readonly name?: string
  /** Everything the client says, in order. None: accepted. */
  readonly messages: readonly string[]
}

const accepted = (title: string, spec: SpecCase['spec'], name?: string): SpecCase => ({
  title,
  spec,
  messages: [],
  ...(name === undefined ? {} : { name }),
})

const refused = (title: string, spec: SpecCase['spec'], ...messages: string[]): SpecCase => ({ title, spec, messages })

const named = (title: string, name: string, ...messages: string[]): SpecCase => ({ title, name, spec: {}, messages })

const DIGEST = `sha256:${'a'.repeat(64)}`
const NAME_SYNTAX =
  'metadata.name must be lower-case letters, digits and dashes, beginning with a letter, for example orders'
const NAME_LENGTH = 'metadata.name must be at most 40 characters: names of pods, claims and labels are derived from it'

const NAMES: readonly SpecCase[] = [
  named('a name of forty characters', 'a'.repeat(40)),
  named('a name of one letter', 'a'),
  named('a name of forty-one characters', 'a'.repeat(41), NAME_LENGTH),
  named('a name that begins with a digit', '1orders', NAME_SYNTAX),
  named('a name with a dot', 'orders.shop', NAME_SYNTAX),
]

const IMAGE = 'image must be a reference with a tag or a digest, for example postgres:16.4-bookworm'
const UNKNOWN_MAJOR = 'image does not tell the PostgreSQL major: set postgresVersion to one of 14, 15, 16, 17, 18'
const UNSUPPORTED = 'image is of a PostgreSQL major that is not supported: use one of 14, 15, 16, 17, 18'
const LATEST =
  'image must not be tagged latest: it would change the major without a word; name one, for example postgres:16.4-bookworm'
const CONTRADICTION = 'postgresVersion contradicts the tag of image: they must name the same major'

const IMAGES: readonly SpecCase[] = [
  accepted('a tag with the major alone', { image: 'postgres:14' }),
  accepted('a registry with a port', { image: 'registry.internal:5000/team/pg:18.4-alpine3.22' }),
  accepted('a tag and a digest', { image: `postgres:17.6-trixie@${DIGEST}` }),
  accepted('a digest with the major beside it', { image: `postgres@${DIGEST}`, postgresVersion: '16' }),
  accepted('a tag of one’s own with the major beside it', { image: 'team/pg:blue', postgresVersion: '15' }),
  accepted('a major that the tag says too', { image: 'postgres:15.8', postgresVersion: '15' }),
  refused('no image', { image: undefined }, 'spec.image is required'),
  refused('no tag', { image: 'postgres' }, IMAGE, UNKNOWN_MAJOR),
  refused('a digest of the wrong length', { image: 'postgres:16@sha256:abc' }, IMAGE),
  refused('a space at the end', { image: 'postgres:16 ' }, IMAGE, UNKNOWN_MAJOR),
  refused('capitals in the repository', { image: 'Postgres:16' }, IMAGE),
  refused('the tag latest', { image: 'postgres:latest' }, LATEST, UNKNOWN_MAJOR),
  refused('a digest alone', { image: `postgres@${DIGEST}` }, UNKNOWN_MAJOR),
  refused('a release candidate', { image: 'postgres:19rc1' }, UNKNOWN_MAJOR),
  refused('a major of the past', { image: 'postgres:9.6' }, UNSUPPORTED),
  refused('a major of the future', { image: 'postgres:99' }, UNSUPPORTED),
  refused('a contradiction', { image: 'postgres:16.4', postgresVersion: '15' }, CONTRADICTION),
  refused(
    'a major beside the image that is not supported',
    { image: `postgres@${DIGEST}`, postgresVersion: '13' },
    'spec.postgresVersion: invalid option: expected one of "14"|"15"|"16"|"17"|"18"',
  ),
  refused(
    'a number for a major',
    { image: `postgres@${DIGEST}`, postgresVersion: 16 },
    'spec.postgresVersion: invalid option: expected one of "14"|"15"|"16"|"17"|"18"',
  ),
]

const ONE = 'spec.replicas: replicas must be at least 1: the primary'
const REPLICAS: readonly SpecCase[] = [
  accepted('one replica', { replicas: 1 }),
  refused('no replica', { replicas: 0 }, ONE),
  refused('less than no replica', { replicas: -1 }, ONE),
  accepted('as many replicas as can be cloned at once', { replicas: 5 }),
  refused(
    'more replicas than can be cloned at once',
    { replicas: 6 },
    'spec.replicas: replicas must be at most 5: one primary and 4 standbys',
  ),
  refused(
    'standbys of a primary that somebody else may stop',
    { replicas: 2, handedOver: ['statefulSet.replicas'] },
    'replicas must be 1 where statefulSet.replicas is handed over: whoever stops the primary would leave the standbys without one',
  ),
  refused(
    'standbys of data that somebody else made',
    { replicas: 2, storage: { size: '10Gi', layout: 'legacy' } },
    'replicas must be 1 where storage.layout is set: data that somebody else made need not have the superuser that lets standbys in; dump it into a new Database',
  ),
  refused('two and a half replicas', { replicas: 2.5 }, 'spec.replicas: invalid input: expected int, received number'),
  refused('replicas as text', { replicas: '3' }, 'spec.replicas: invalid input: expected number, received string'),
]

const syntaxOf = (field: string): string =>
  `${field} must be lower-case letters, digits and underscores, not beginning with a digit, for example orders_app`
const RESERVED_DATABASE =
  'databaseName is reserved by PostgreSQL: choose one that is not postgres, template0, template1 and does not begin with pg_'
const RESERVED_USER =
  'username is reserved by PostgreSQL: choose one that is not postgres, public, none, cdk8s_replication and does not begin with pg_'
const IDENTIFIERS: readonly SpecCase[] = [
  accepted('identifiers of 63 characters', { databaseName: 'd'.repeat(63), username: 'u'.repeat(63) }),
  accepted('an identifier that begins with an underscore', { databaseName: '_orders' }),
  refused('no database name', { databaseName: undefined }, 'spec.databaseName is required'),
  refused('the database postgres', { databaseName: 'postgres' }, RESERVED_DATABASE),
  refused('the database template1', { databaseName: 'template1' }, RESERVED_DATABASE),
  refused('the user postgres', { username: 'postgres' }, RESERVED_USER),
  refused('the user public', { username: 'public' }, RESERVED_USER),
  refused('a user that begins with pg_', { username: 'pg_monitor' }, RESERVED_USER),
  refused(
    'an identifier of 64 characters',
    { databaseName: 'd'.repeat(64) },
    'spec.databaseName: too big: expected string to have <=63 characters',
  ),
  refused(
    'an empty identifier',
    { username: '' },
    'spec.username: too small: expected string to have >=1 characters',
    syntaxOf('username'),
  ),
  refused('a quote in an identifier', { username: "o'brien" }, syntaxOf('username')),
  refused('a double quote in an identifier', { databaseName: 'or"ders' }, syntaxOf('databaseName')),
  refused('capitals in an identifier', { databaseName: 'Orders' }, syntaxOf('databaseName')),
  refused('a letter outside ASCII in an identifier', { databaseName: 'größe' }, syntaxOf('databaseName')),
  refused('a line break in an identifier', { username: 'app\n' }, syntaxOf('username')),
]

const QUANTITY = 'storage.size must be a quantity of at least 256Mi, for example 10Gi'
const LARGEST = 'storage.size must be at most 1Pi'
const size = (text: unknown): { storage: { size: unknown } } => ({ storage: { size: text } })
const STORAGE: readonly SpecCase[] = [
  accepted('the smallest volume', size('256Mi')),
  accepted('a decimal suffix', size('10G')),
  accepted('a fraction', size('1.5Gi')),
  accepted('a fraction without a whole part', size('.5Gi')),
  accepted('an exponent', size('1e10')),
  accepted('an exponent with zeros before it', size('1e0010')),
  accepted('the largest volume', size('1Pi')),
  accepted('the layout of a StatefulSet that was there before', {
    storage: { size: '1Gi', layout: 'legacy', claimTemplate: 'postgres-storage' },
  }),
  refused(
    'a claim template without a layout',
    { storage: { size: '1Gi', claimTemplate: 'db' } },
    'storage.claimTemplate needs storage.layout: only a StatefulSet that is taken over has a name of its own',
  ),
  refused(
    'a claim template that hides another volume',
    { storage: { size: '1Gi', layout: 'legacy', claimTemplate: 'sockets' } },
    'storage.claimTemplate must not be the name of another volume of the pod: certificate, configuration, credentials, replication, shared-memory, sockets, temporary',
  ),
  accepted('a storage class', { storage: { size: '1Gi', storageClassName: 'fast-ssd.example.com' } }),
  refused('no storage', { storage: undefined }, 'spec.storage is required'),
  refused('no size', { storage: {} }, 'spec.storage.size is required'),
  refused('ten bytes', size('10'), QUANTITY),
  refused('a number', size(10), 'spec.storage.size: invalid input: expected string, received number'),
  refused('GB for G', size('10GB'), QUANTITY),
  refused('a dot before the suffix', size('1.5.Gi'), QUANTITY),
  refused('a negative size', size('-1Gi'), QUANTITY),
  refused('zero', size('0'), QUANTITY),
  refused('a space before the suffix', size('10 Gi'), QUANTITY),
  refused('no number', size('Gi'), QUANTITY),
  refused('an exponent that overflows', size('1e400'), LARGEST),
  refused('more than 64 bits of bytes', size('9Ei'), LARGEST),
  refused('an exponent without digits', size('1e'), QUANTITY),
  refused(
    'a class that cannot be the name of one',
    { storage: { size: '1Gi', storageClassName: 'Fast_SSD' } },
    'storage.storageClassName must be the name of a StorageClass: lower-case letters, digits, dashes and dots',
  ),
]

const CPU = 'cpu must be a quantity of at least 50m, for example 500m'
const MEMORY = 'memory must be a quantity of at least 128Mi, for example 1Gi'
const limits = (list: object): { resources: object } => ({ resources: { limits: list } })
const RESOURCES: readonly SpecCase[] = [
  accepted('resources as text and as numbers', { resources: { requests: { cpu: 1 }, limits: { cpu: '1500m' } } }),
  accepted('memory as a number of bytes beyond 32 bits', limits({ memory: 4_294_967_296 })),
  accepted('equal amounts written differently', {
    resources: { requests: { memory: '1024Mi' }, limits: { memory: '1Gi' } },
  }),
  refused('memory in thousandths of a byte', limits({ memory: '100m' }), MEMORY),
  refused('memory below the floor', limits({ memory: '64Mi' }), MEMORY),
  refused('memory that is text without a number', limits({ memory: 'lots' }), MEMORY),
  refused('an empty amount', limits({ cpu: '' }), CPU),
  refused('a negative amount', limits({ cpu: -1 }), CPU),
  refused('more cores than there are', limits({ cpu: '1k' }), 'cpu must be at most 512'),
  refused('more memory than there is', limits({ memory: '9Ei' }), 'memory must be at most 64Ti'),
  refused('half a core as a number', limits({ cpu: 0.5 }), 'spec.resources.limits.cpu must be text or a whole number'),
  refused('an amount that is true', limits({ cpu: true }), 'spec.resources.limits.cpu must be text or a whole number'),
  refused(
    'requests above limits',
    { resources: { requests: { cpu: 2, memory: '2Gi' }, limits: { cpu: '1', memory: '1Gi' } } },
    'resources.requests.cpu must not exceed resources.limits.cpu',
    'resources.requests.memory must not exceed resources.limits.memory',
  ),
]

const PARAMETER_NAME = 'parameters must be names of PostgreSQL settings, for example max_connections'
const PARAMETERS: readonly SpecCase[] = [
  accepted('a tab in a value', { parameters: { log_line_prefix: '%m\t' } }),
  refused(
    'a control character in a value',
    { parameters: { log_line_prefix: '%m\u0001' } },
    'parameters must have values of one line',
  ),
  accepted('parameters', { parameters: { max_connections: '200', 'pg_stat_statements.max': '10000' } }),
  accepted('a parameter that is a word of JavaScript', { parameters: { constructor: 'on' } }),
  refused(
    'a parameter that the manifests own',
    { parameters: { port: '5433' } },
    `parameters must not name a setting that the manifests own: ${Object.keys(OWNED_PARAMETERS).join(', ')}: remove port, because ${OWNED_PARAMETERS['port']}`,
  ),
  refused('a parameter with a dash', { parameters: { 'max-connections': '200' } }, PARAMETER_NAME),
  refused('a parameter with capitals', { parameters: { Port: '5433' } }, PARAMETER_NAME),
  refused(
    'a line break in a value',
    { parameters: { search_path: "x'\nport = 1" } },
    'parameters must have values of one line',
  ),
  refused(
    'a number as a value',
    { parameters: { max_connections: 200 } },
    'spec.parameters.max_connections must be text: put it in quotes, max_connections: "200"',
  ),
]

const REFUSED_ADDRESS = 'dependencies.address must not be a loopback, link-local or metadata address'
const ADDRESS_SYNTAX = 'dependencies.address must be host:port, for example vault.shop.svc:8200'
const NUMERIC_ADDRESS =
  'dependencies.address must write an IPv4 address as four decimal numbers, for example 10.0.0.1:5432'
const IPV6_ADDRESS = 'dependencies.address must be a global or unique local address where it is IPv6'
const PORT = 'dependencies.address must have a port from 1 to 65535'
const address = (text: string): { dependencies: object[] } => ({ dependencies: [{ address: text }] })
const DEPENDENCIES: readonly SpecCase[] = [
  accepted('a host and a port', address('vault.shop.svc:8200')),
  accepted('an IPv4 address', address('10.0.0.1:5432')),
  accepted('a global IPv6 address', address('[2001:db8::1]:5432')),
  accepted('a unique local IPv6 address', address('[fd12:3456::1]:65535')),
  accepted('an object with a condition', {
    dependencies: [{ object: { apiVersion: 'v1', kind: 'ConfigMap', name: 'ready', condition: 'Ready' } }],
  }),
  refused('no port', address('vault'), ADDRESS_SYNTAX, PORT),
  refused('a port of zero', address('vault:0'), PORT),
  refused('a port beyond 16 bits', address('vault:65536'), PORT),
  refused('a URL', address('http://vault:8200'), ADDRESS_SYNTAX),
  refused('localhost', address('localhost:80'), REFUSED_ADDRESS),
  refused('a name below localhost', address('db.localhost:80'), REFUSED_ADDRESS),
  refused('127.0.0.1', address('127.0.0.1:80'), REFUSED_ADDRESS),
  refused('0.0.0.0', address('0.0.0.0:80'), REFUSED_ADDRESS),
  refused('the metadata address', address('169.254.169.254:80'), REFUSED_ADDRESS),
  refused('the metadata address of another cloud', address('100.100.100.200:80'), REFUSED_ADDRESS),
  refused('the metadata name', address('metadata.google.internal:80'), REFUSED_ADDRESS),
  refused('127.1', address('127.1:80'), REFUSED_ADDRESS, NUMERIC_ADDRESS),
  refused('loopback as one number', address('2130706433:80'), NUMERIC_ADDRESS),
  refused('loopback in hexadecimal', address('0x7f.0.0.1:80'), NUMERIC_ADDRESS),
  refused('loopback in octal', address('0177.0.0.1:80'), NUMERIC_ADDRESS),
  refused('IPv6 loopback', address('[::1]:80'), IPV6_ADDRESS),
  refused('IPv6 loopback written out', address('[0:0:0:0:0:0:0:1]:80'), IPV6_ADDRESS),
  refused('IPv6 link-local', address('[fe80::1]:80'), IPV6_ADDRESS),
  refused('IPv6 link-local at the end of its range', address('[febf::1]:80'), IPV6_ADDRESS),
  refused('IPv4 in IPv6', address('[::ffff:7f00:1]:80'), IPV6_ADDRESS),
  refused('the metadata address in IPv6', address('[fd00:ec2::254]:80'), REFUSED_ADDRESS),
  refused(
    'neither object nor address',
    { dependencies: [{}] },
    'dependencies must each have either an object or an address',
  ),
  refused(
    'both object and address',
    { dependencies: [{ address: 'vault:8200', object: { apiVersion: 'v1', kind: 'Service', name: 'vault' } }] },
    'dependencies must each have either an object or an address',
  ),
]

const selector = (key: string, value: string): object => ({ podSelector: { matchLabels: { [key]: value } } })
const LABELS = 'network.allowFrom must name labels as Kubernetes writes them, for example app: shop'
const NETWORK: readonly SpecCase[] = [
  accepted('peers', {
    network: { allowFrom: [selector('app.kubernetes.io/name', 'shop'), { namespaceSelector: { matchLabels: {} } }] },
  }),
  refused(
    'a peer that names nobody',
    { network: { allowFrom: [{}] } },
    'network.allowFrom must name pods or namespaces: an empty entry would admit everybody',
  ),
  refused('a label value with a space', { network: { allowFrom: [selector('app', 'the shop')] } }, LABELS),
  refused('a label key with a space', { network: { allowFrom: [selector('the app', 'shop')] } }, LABELS),
]

const INLINE_PASSWORD =
  'a password here would end up in Git: leave it out (one is generated in the cluster), or name a Secret with credentials.existingSecret'
const UNKNOWN: readonly SpecCase[] = [
  refused('a misspelt field', { storge: { size: '1Gi' } }, 'unknown field spec.storge: did you mean storage?'),
  refused(
    'a misspelt field further down',
    { storage: { size: '1Gi', storageClass: 'x', sizes: '1Gi' } },
    'unknown field spec.storage.storageClass',
    'unknown field spec.storage.sizes: did you mean size?',
  ),
  refused(
    'a misspelt field in a list',
    { dependencies: [{ adress: 'vault:1', address: 'vault:1' }] },
    'unknown field spec.dependencies.0.adress: did you mean address?',
  ),
  refused('a field that is like no other', { xyzSchedule: '@daily' }, 'unknown field spec.xyzSchedule'),
  refused('a password', { password: 'hunter2' }, `unknown field spec.password: ${INLINE_PASSWORD}`),
  refused(
    'a password among the credentials',
    { credentials: { existingSecret: { name: 'shop' }, password: 'hunter2' } },
    `unknown field spec.credentials.password: ${INLINE_PASSWORD}`,
  ),
]

const HANDED_OVER: readonly SpecCase[] = [
  accepted('fields that are handed over', { handedOver: ['statefulSet.resources', 'networkPolicy.ingress'] }),
  accepted('an empty list of them', { handedOver: [] }),
  refused(
    'a field that cannot be handed over',
    { handedOver: ['statefulSet.image'] },
    'spec.handedOver.0: invalid option: expected one of "statefulSet.replicas"|"statefulSet.resources"|"service.type"|"networkPolicy.ingress"',
  ),
  refused('a field twice', { handedOver: ['service.type', 'service.type'] }, 'handedOver must name each field once'),
  refused(
    'clients that nobody would admit',
    { handedOver: ['networkPolicy.ingress'], network: { allowFrom: [selector('app', 'shop')] } },
    'network.allowFrom must be left out where networkPolicy.ingress is handed over: nobody would act on it',
  ),
]

const REST: readonly SpecCase[] = [
  accepted('nothing but what is needed', {}),
  accepted('an existing Secret', { credentials: { existingSecret: { name: 'orders.example', passwordKey: 'pw' } } }),
  accepted('a policy', { deletionPolicy: 'Delete', paused: true }),
  accepted('protection from deletion', { deletionProtection: true }),
  accepted('null for what may be left out', { resources: null, replicas: null, paused: null }),
  refused('null for what is needed', { image: null }, 'spec.image is required'),
  refused(
    'a policy that does not exist',
    { deletionPolicy: 'Keep' },
    'spec.deletionPolicy: invalid option: expected one of "Retain"|"Delete"',
  ),
  refused(
    'text where yes or no belongs',
    { paused: 'yes' },
    'spec.paused: invalid input: expected boolean, received string',
  ),
  refused(
    'a Secret that cannot be the name of one',
    { credentials: { existingSecret: { name: 'My_Secret' } } },
    'credentials.existingSecret.name must be the name of a Secret: lower-case letters, digits, dashes and dots',
  ),
  refused('credentials that name nothing', { credentials: {} }, 'spec.credentials.existingSecret is required'),
]

/**
 * What the API server accepts and the commands refuse: CEL has no table of PostgreSQL's parameters. `messages` are those
 * of `checkDatabase`.
 */
export const CLIENT_CASES: readonly SpecCase[] = [
  refused(
    'a parameter of another type',
    { parameters: { jit: 'maybe' } },
    'spec.parameters.jit: "maybe" is not a value of it: write on or off',
  ),
  refused(
    'a parameter out of range',
    { parameters: { max_connections: '0', work_mem: '8mb' } },
    'spec.parameters.max_connections: "0" is not a value of it: it must be from 1 to 262143',
    'spec.parameters.work_mem: "8mb" is not a value of it: its units are B, kB, MB, GB, TB, in just these capitals',
  ),
  refused(
    'a parameter of another major',
    { image: `postgres@${DIGEST}`, postgresVersion: '15', parameters: { transaction_timeout: '1s' } },
    'spec.parameters.transaction_timeout: PostgreSQL 15 has no such parameter: it came with 17; remove it',
  ),
  refused(
    'a misspelt parameter',
    { parameters: { wrok_mem: '8MB' } },
    'spec.parameters.wrok_mem: PostgreSQL 16 has no such parameter: did you mean work_mem?',
  ),
]

/** Every case by what it is about. */
export const SPEC_CASES: Readonly<Record<string, readonly SpecCase[]>> = {
  'the name': NAMES,
  image: IMAGES,
  replicas: REPLICAS,
  'databaseName and username': IDENTIFIERS,
  storage: STORAGE,
  resources: RESOURCES,
  parameters: PARAMETERS,
  'parameters beside standbys': REPLICATION,
  dependencies: DEPENDENCIES,
  network: NETWORK,
  placement: PLACEMENTS,
  backup: BACKUPS,
  monitoring: MONITORING,
  handedOver: HANDED_OVER,
  'unknown fields': UNKNOWN,
  'the rest': REST,
}

/** The resource of a case. */
export function resourceOf(
  { spec, name = 'orders' }: SpecCase,
  apiVersion: string,
): {
  apiVersion: string
  kind: 'Database'
  metadata: { name: string }
  spec: object
} {
  const merged = Object.entries({ ...VALID_SPEC, ...spec }).filter(([, value]) => value !== undefined)
  return { apiVersion, kind: 'Database', metadata: { name }, spec: Object.fromEntries(merged) }
}
