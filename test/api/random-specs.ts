/** Specs of which nobody knows beforehand whether they are valid. */
import * as fc from 'fast-check'
import type { SpecCase } from './specs.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const oftenGood = <T>(good: readonly T[], others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

const names = oftenGood(
  ['orders', 'a', 'o-1', 'a'.repeat(40)],
  ['a'.repeat(41), '1orders', 'Orders', 'orders.shop', '-orders', 'orders-', 'o_1'],
)

const images = oftenGood(
  [
    'postgres:14',
    'postgres:18.4-trixie',
    'registry.internal:5000/team/pg:16-alpine',
    `postgres:17.6@${DIGEST}`,
    'docker.io/library/postgres:15.1',
  ],
  [
    'postgres',
    'postgres:latest',
    'postgres:13',
    'postgres:99',
    'postgres:',
    `postgres@${DIGEST}`,
    'postgres@sha256:abc',
    'Registry/pg:16',
    'pg:16@sha256:zz',
    'pg:v16',
    'postgres:16 ',
    '',
  ],
)

const identifiers = oftenGood(
  ['orders', '_a', 'a'.repeat(63), 'orders_app2'],
  ['postgres', 'template1', 'pg_orders', 'public', 'Orders', '1a', 'a-b', 'a'.repeat(64), '', 'or"ders', 'none'],
)

const SUFFIXES = [
  '',
  'k',
  'M',
  'G',
  'T',
  'P',
  'E',
  'Ki',
  'Mi',
  'Gi',
  'Ti',
  'Pi',
  'Ei',
  'm',
  'n',
  'u',
  'K',
  'gi',
  'e9',
  'E3',
]

/** Every suffix, fractions, signs, and more than 64 bits hold. */
const quantities = fc
  .tuple(
    fc.constantFrom('', '', '', '', '-', '+'),
    fc.oneof(
      fc.integer({ min: 0, max: 4096 }).map(String),
      fc.constantFrom(
        '0.5',
        '1.5',
        '.5',
        '1.',
        '9223372036854775807',
        '9223372036854775808',
        '99999999999999999999',
        '',
        '007',
      ),
    ),
    fc.constantFrom(...SUFFIXES),
  )
  .map((parts) => parts.join(''))

const sizes = fc.oneof(fc.constantFrom('10Gi', '1Ti', '256Mi', '1Pi'), quantities)
const present = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 })

/** What a value means only the client knows; here are only names and the form of values. */
const parameters = fc
  .uniqueArray(
    oftenGood(
      [
        ['max_connections', '100'],
        ['work_mem', '8MB'],
        ['auto_explain.log_min_duration', '1s'],
        ['wal_level', 'logical'],
        ['max_wal_senders', '4'],
        ['max_replication_slots', '2'],
        ['synchronous_standby_names', 'ANY 1 (*)'],
      ],
      [
        ['port', '5433'],
        ['wal_level', 'Minimal'],
        ['max_wal_senders', '0'],
        ['max_wal_senders', '03'],
        ['max_replication_slots', ''],
        ['max_slot_wal_keep_size', '0MB'],
        ['synchronous_standby_names', '2 (*)'],
        ['data_directory', '/elsewhere'],
        ['Work Mem', '8MB'],
        ['log_line_prefix', 'a\nb'],
        ['search_path', 'x'.repeat(4097)],
      ],
    ),
    { maxLength: 2, selector: ([name]) => name },
  )
  .map((pairs) => Object.fromEntries(pairs) as Record<string, string>)

/** A spec with a name, most of whose fields are good. */
export const specs: fc.Arbitrary<SpecCase> = fc
  .record({
    name: names,
    image: images,
    postgresVersion: present(fc.constantFrom('14', '16', '17', '18', '13')),
    databaseName: identifiers,
    username: identifiers,
    size: sizes,
    storageClassName: present(fc.constantFrom('fast', 'fast.ssd', 'Fast', '')),
    cpu: present(quantities),
    memory: present(sizes),
    parameters: present(parameters),
    replicas: present(fc.constantFrom(1, 2, 3, 5, 0, -1)),
    deletionPolicy: present(fc.constantFrom('Retain', 'Delete', 'delete')),
  })
  .map(({ name, size, storageClassName, cpu, memory, ...rest }) => {
    const defined = <T extends object>(object: T): T =>
      Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
    const limits = defined({ cpu, memory })
    return {
      title: name,
      name,
      messages: [],
      spec: defined({
        ...rest,
        storage: defined({ size, storageClassName }),
        resources: Object.keys(limits).length === 0 ? undefined : { limits },
      }),
    }
  })
