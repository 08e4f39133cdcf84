import { POSTGRES_MAJORS } from '../../src/api/image-reference.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'

/** One way to make a database. */
export interface Combination {
  /** `16-alpine-rendered-1-plain`, `16-alpine-rendered-1-plain-backups` */
  readonly name: string
  readonly props: DatabaseProps
}

/** Part of the props, by the word that stands for it in the name of a combination; no word where it adds nothing. */
type Dimension = Readonly<Record<string, Partial<DatabaseProps>>>

const IMAGES: Dimension = Object.fromEntries(
  POSTGRES_MAJORS.flatMap((major) => [
    [`${major}-debian`, { image: `postgres:${major}-bookworm` }],
    [`${major}-alpine`, { image: `postgres:${major}-alpine3.22` }],
  ]),
)

/** What makes the objects other ones. A database of no options is `plain`. */
const SHAPES: readonly Dimension[] = [
  { rendered: { children: 'rendered' }, reconciled: { children: 'reconciled' } },
  { '1': { replicas: 1 }, '3': { replicas: 3 } },
]

const OPTIONS: readonly Dimension[] = [
  { plain: {}, tls: { tls: { secretName: 'orders-certificate' } } },
  {
    '': {},
    backups: {
      backup: {
        schedule: '30 2 * * *',
        storage: { size: '20Gi' },
        volumeSnapshot: { className: 'fast', schedule: '0 */6 * * *' },
      },
    },
  },
]

const BASE = {
  image: 'postgres:18-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: '10Gi' },
}

/** Every word of a dimension is combined with every word of the others: a new one is a line above. */
function combined(dimensions: readonly Dimension[]): readonly Combination[] {
  return dimensions.reduce<readonly Combination[]>(
    (all, dimension) =>
      all.flatMap(({ name, props }) =>
        Object.entries(dimension).map(([word, part]) => ({
          name: [name, word].filter((one) => one !== '').join('-'),
          props: { ...props, ...part },
        })),
      ),
    [{ name: '', props: BASE }],
  )
}

/** Every combination, in the order of the dimensions. */
export const COMBINATIONS: readonly Combination[] = combined([IMAGES, ...SHAPES, ...OPTIONS])

/** A file that is reviewed. */
export interface ReviewedFile {
  readonly file: string
  /** What it holds: each written as what differs from `base`, or whole where there is none. */
  readonly names: readonly string[]
  readonly base?: string
}

/** The image that is written first; the others differ from it. */
const FIRST = '18-debian'
const OTHERS = Object.keys(IMAGES).filter((image) => image !== FIRST)

/**
 * Every combination once, in few files: one of each shape whole, what options add to it, and for every shape with its
 * options what other images change.
 */
export const REVIEWED_FILES: readonly ReviewedFile[] = combined(SHAPES).flatMap(({ name: shape }) => {
  const options = combined(OPTIONS).map(({ name }) => name)
  const base = `${FIRST}-${shape}-plain`
  return [
    { file: `${base}.yaml`, names: [base] },
    ...options
      .filter((option) => option !== 'plain')
      .map((option) => ({ file: `${FIRST}-${shape}-${option}.diff`, names: [`${FIRST}-${shape}-${option}`], base })),
    ...options.map((option) => ({
      file: `other-images-${shape}-${option}.diff`,
      names: OTHERS.map((image) => `${image}-${shape}-${option}`),
      base: `${FIRST}-${shape}-${option}`,
    })),
  ]
})

/** A combination of every kind, images in turn: what does not depend on the image is tried with these. */
export const ONE_OF_EACH_KIND: readonly Combination[] = combined([...SHAPES, ...OPTIONS]).flatMap(({ name }, index) => {
  const image = Object.keys(IMAGES)[index % Object.keys(IMAGES).length] ?? FIRST
  return COMBINATIONS.filter((combination) => combination.name === `${image}-${name}`)
})
