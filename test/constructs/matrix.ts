import { POSTGRES_MAJORS } from '../../src/api/image-reference.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'

/** One way to make a database. */
export interface Combination {
  /** `16-alpine-rendered-1-plain` */
  readonly name: string
  readonly props: DatabaseProps
}

/** Part of the props, by the word that stands for it in the name of a combination. */
type Dimension = Readonly<Record<string, Partial<DatabaseProps>>>

const IMAGES: Dimension = Object.fromEntries(
  POSTGRES_MAJORS.flatMap((major) => [
    [`${major}-debian`, { image: `postgres:${major}-bookworm` }],
    [`${major}-alpine`, { image: `postgres:${major}-alpine3.22` }],
  ]),
)

/** Every word of a dimension is combined with every word of the others: a new one is a line here. */
const DIMENSIONS: readonly Dimension[] = [
  IMAGES,
  { rendered: { children: 'rendered' }, reconciled: { children: 'reconciled' } },
  { '1': { replicas: 1 }, '3': { replicas: 3 } },
  { plain: {}, tls: { tls: { secretName: 'orders-certificate' } } },
]

const BASE = {
  image: 'postgres:18-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: '10Gi' },
}

/** Every combination, in the order of the dimensions. */
export const COMBINATIONS: readonly Combination[] = DIMENSIONS.reduce<readonly Combination[]>(
  (all, dimension) =>
    all.flatMap(({ name, props }) =>
      Object.entries(dimension).map(([word, part]) => ({
        name: name === '' ? word : `${name}-${word}`,
        props: { ...props, ...part },
      })),
    ),
  [{ name: '', props: BASE }],
)

/** Everything but the image: what makes the objects other ones. */
const kindOf = (name: string): string => name.split('-').slice(2).join('-')

/** The combinations that are stored whole; the others are stored as what differs from the one of their kind. */
export const WHOLE: readonly string[] = COMBINATIONS.map(({ name }) => name).filter((name) =>
  name.startsWith('18-debian-'),
)

/** Whether a combination is of the kind of a whole one. */
export const isOfKind = (name: string, whole: string): boolean => kindOf(name) === kindOf(whole)
