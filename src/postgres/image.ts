import { IMAGE_PATTERN, majorOfTag, POSTGRES_MAJORS, variantOfTag } from '../api/image-reference.ts'
import type { ImageVariant, PostgresMajor } from '../api/image-reference.ts'

/** What the manifests need to know about a PostgreSQL image. */
export interface PostgresImage {
  /** Registry and path, as written: `postgres`, `registry.internal:5000/team/pg`. */
  readonly repository: string
  readonly tag: string | undefined
  /** `sha256:…`, where the reference is pinned to one. */
  readonly digest: string | undefined
  readonly major: PostgresMajor
  /** Minor version; `undefined` where the tag names only the major or no version at all. */
  readonly minor: number | undefined
  /** Debian where neither tag nor anything else tells: that is what the official image's plain tags are. */
  readonly variant: ImageVariant
  /** Whether the same reference may be another PostgreSQL or another operating system tomorrow. */
  readonly moving: boolean
  /** Numeric user `postgres` of the image. */
  readonly uid: number
  /** Numeric group `postgres` of the image; also the group of the volume. */
  readonly gid: number
  /** `PGDATA`. Contains the major, so that an upgrade can link files of the old directory on the same volume. */
  readonly dataDirectory: string
}

/** Why an image is refused. */
export type ImageRefusal =
  | 'InvalidReference'
  | 'TagOrDigestMissing'
  | 'LatestTag'
  | 'MajorUnknown'
  | 'MajorUnsupported'
  | 'MajorContradiction'

/** An image reference that cannot be used. `reason` is for programs, `message` says what to write instead. */
export class ImageRefusedError extends Error {
  override readonly name = 'ImageRefusedError'
  readonly reason: ImageRefusal
  readonly image: string

  constructor(reason: ImageRefusal, image: string, message: string) {
    super(message)
    this.reason = reason
    this.image = image
  }
}

/** Where the volume is mounted: above the data directory of every major, and never the data directory itself. */
const DATA_MOUNT_PATH = '/var/lib/postgresql'

// The numbers are fixed in the official image's Dockerfiles; they differ because the distributions' packages do.
const USERS: Readonly<Record<ImageVariant, number>> = { debian: 999, alpine: 70 }

const DEBIAN_RELEASES = 'stretch|buster|bullseye|bookworm|trixie|forky'

/**
 * `PGDATA` for a major: the same layout for all of them. It is the default of the official image from 18 on; for 14–17
 * it is set explicitly, or their default would hide the volume behind an anonymous one.
 * @see https://github.com/docker-library/postgres/pull/1259
 */
export function dataDirectoryOf(major: PostgresMajor): string {
  return `${DATA_MOUNT_PATH}/${major}/docker`
}

/**
 * Takes an image reference apart.
 * @param image reference as in a container: registry, path, tag, digest
 * @param postgresVersion the major, needed only where the tag does not tell (a digest, a tag of one's own)
 * @throws ImageRefusedError where the image is not usable or its major is unknown, unsupported or contradicted
 */
export function parseImage(image: string, postgresVersion?: PostgresMajor): PostgresImage {
  const { repository, tag, digest } = splitReference(image)
  const major = resolveMajor(image, postgresVersion)
  const variant = variantOfTag(image)
  const minor = tag === undefined ? undefined : /^\d{1,2}\.(\d{1,3})(?=$|-)/.exec(tag)?.[1]
  return {
    repository,
    tag,
    digest,
    major,
    minor: minor === undefined ? undefined : Number(minor),
    variant,
    moving: digest === undefined && !(minor !== undefined && namesOperatingSystem(tag ?? '')),
    uid: USERS[variant],
    gid: USERS[variant],
    dataDirectory: dataDirectoryOf(major),
  }
}

/**
 * What a person should know about the reference before it goes to production; `undefined` where there is nothing.
 * The order of text comes from the operating system, so a tag that moves to another one can break indexes.
 * @see https://github.com/docker-library/postgres/issues/1356
 */
export function imageWarning(image: PostgresImage): string | undefined {
  if (!image.moving) return undefined
  const name = `${image.repository}:${image.tag ?? ''}`
  const system = image.variant === 'alpine' ? 'alpine3.22' : 'bookworm'
  const example = `${image.repository}:${image.major}.<minor>-${system}`
  return `${name} moves: the same manifest may run another minor version or operating system tomorrow; name both, for example ${example}, or pin a digest`
}

function namesOperatingSystem(tag: string): boolean {
  return new RegExp(`-(?:(?:${DEBIAN_RELEASES})|alpine\\d+\\.\\d+)(?:$|[.-])`).test(tag)
}

interface Reference {
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

function splitReference(image: string): Reference {
  const [name = '', digest] = image.split('@', 2)
  // A colon before the last slash belongs to the registry's port.
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  const repository = colon < 0 ? name : name.slice(0, colon)
  const tag = colon < 0 ? undefined : name.slice(colon + 1)
  if (tag === undefined && digest === undefined && new RegExp(IMAGE_PATTERN).test(`${image}:1`)) {
    throw new ImageRefusedError(
      'TagOrDigestMissing',
      image,
      `image ${image} has neither a tag nor a digest, which means latest: name a version, for example ${image}:16.4-bookworm`,
    )
  }
  if (!new RegExp(IMAGE_PATTERN).test(image)) {
    throw new ImageRefusedError('InvalidReference', image, `image ${JSON.stringify(image)} is not an image reference`)
  }
  if (tag === 'latest') {
    throw new ImageRefusedError(
      'LatestTag',
      image,
      `image ${image} would change the major without a word: name one, for example ${repository}:16.4-bookworm`,
    )
  }
  return { repository, tag, digest }
}

function resolveMajor(image: string, postgresVersion: PostgresMajor | undefined): PostgresMajor {
  const supported = POSTGRES_MAJORS.join(', ')
  const told = majorOfTag(image)
  if (told !== undefined && postgresVersion !== undefined && told !== postgresVersion) {
    throw new ImageRefusedError(
      'MajorContradiction',
      image,
      `image ${image} is PostgreSQL ${told}, postgresVersion says ${postgresVersion}: they must name the same major`,
    )
  }
  const major = postgresVersion ?? told
  if (major === undefined) {
    throw new ImageRefusedError(
      'MajorUnknown',
      image,
      `image ${image} does not tell the PostgreSQL major: set postgresVersion to one of ${supported}`,
    )
  }
  const known = POSTGRES_MAJORS.find((candidate) => candidate === major)
  if (known === undefined) {
    throw new ImageRefusedError(
      'MajorUnsupported',
      image,
      `image ${image} is PostgreSQL ${major}, which is not supported: use one of ${supported}`,
    )
  }
  return known
}
