/** Image references: which PostgreSQL an image stands for, and what a registry would say about it. */

/** An image reference taken apart, with the registry's defaults filled in. */
export interface ImageName {
  /** For instance `docker.io/library/postgres`. */
  readonly repository: string
  readonly tag: string
  readonly digest?: string
}

/** Fixed for our purposes: no major has had more; what is beyond it was never released. */
const highestMinor = 30
const variants = /^(alpine|bookworm|bullseye|trixie|standard|minimal|system)/

/** Takes a reference apart; nothing when it is not one (`InvalidImageName`). */
export function parseImage(image: string): ImageName | undefined {
  const match = /^([a-z0-9.:/_-]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image)
  const name = match?.[1]
  if (match === null || name === undefined || /^[/:]|[/:]$|\/\//.test(name)) return undefined
  const [first = '', ...rest] = name.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = hasRegistry ? rest : [first, ...rest]
  const registry = hasRegistry ? first : 'docker.io'
  const repository = [registry, ...(registry === 'docker.io' && path.length === 1 ? ['library'] : []), ...path].join(
    '/',
  )
  return { repository, tag: match[2] ?? 'latest', ...(match[3] !== undefined && { digest: match[3] }) }
}

/** The reference in the form in which container runtimes print it. */
export function formatImage({ repository, tag, digest }: ImageName): string {
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`
}

/**
 * The PostgreSQL major of a `postgres` image tag such as `18`, `18.4`, `14-alpine`, `17.2-bookworm`; nothing for other
 * images and for versions that do not exist.
 */
export function postgresMajor({ repository, tag }: ImageName): number | undefined {
  if (!/\/(postgres|postgresql)$/.test(repository)) return undefined
  const match = /^([1-9][0-9])(?:\.([0-9]+))?(?:-(.+))?$/.exec(tag)
  if (match === null) return undefined
  if (match[2] !== undefined && Number(match[2]) > highestMinor) return undefined
  if (match[3] !== undefined && !variants.test(match[3])) return undefined
  return Number(match[1])
}

/** What containerd says about an image that the registry does not have. */
export function notFoundMessage(image: ImageName): string {
  const reference = formatImage(image)
  return (
    `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": ` +
    `failed to resolve reference "${reference}": ${reference}: not found`
  )
}
