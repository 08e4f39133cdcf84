/** PostgreSQL majors that this project runs. */
export const POSTGRES_MAJORS = ['14', '15', '16', '17', '18'] as const

/** One of them. */
export type PostgresMajor = (typeof POSTGRES_MAJORS)[number]

// registry[:port]/path, then a tag, a digest, or both. RE2 and ECMAScript read these the same way.
const NAME = '[a-z0-9]+([._-]+[a-z0-9]+)*([.][a-z0-9-]+)*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*'
const TAG = ':[A-Za-z0-9_][A-Za-z0-9._-]{0,127}'
const DIGEST = '@sha256:[a-f0-9]{64}'

/** An image reference with a tag, a digest, or both. */
export const IMAGE_PATTERN = `^${NAME}(${TAG}|${DIGEST}|${TAG}${DIGEST})$`

/** An image whose tag is `latest`. */
export const LATEST_PATTERN = ':latest(@.*)?$'

/** An image whose tag begins with a supported major. */
export const MAJOR_TAG_PATTERN = `:(${POSTGRES_MAJORS.join('|')})([.-][A-Za-z0-9._-]*)?(@.*)?$`

/** An image whose tag begins with a number of one or two digits: a PostgreSQL major, supported or not. */
export const NUMBER_TAG_PATTERN = ':[0-9]{1,2}([.-][A-Za-z0-9._-]*)?(@.*)?$'

/** The major that an image's tag tells, supported or not; `undefined` where it tells none. */
export function majorOfTag(image: string): string | undefined {
  return /:(\d{1,2})(?:[.-][A-Za-z0-9._-]*)?(?:@.*)?$/.exec(image)?.[1]
}

/** Flavour of an image: it decides the numeric user and which C library sorts text. */
export type ImageVariant = 'debian' | 'alpine'

/** The flavour that an image's tag tells; Debian where it tells none, for that is what the official plain tags are. */
export function variantOfTag(image: string): ImageVariant {
  return /:(?:[^/:@]*[.-])?alpine[^/:@]*(?:@.*)?$/.test(image) ? 'alpine' : 'debian'
}
