import { describe, expect, test } from 'vitest'
import { POSTGRES_MAJORS } from '../../src/api/image-reference.ts'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { dataDirectoryOf, ImageRefusedError, imageWarning, parseImage } from '../../src/postgres/image.ts'
import type { ImageRefusal, PostgresImage } from '../../src/postgres/image.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('an image reference', () => {
  test.each<[string, PostgresMajor | undefined, Partial<PostgresImage>]>([
    [
      'postgres:14',
      undefined,
      { repository: 'postgres', tag: '14', major: '14', minor: undefined, variant: 'debian', moving: true },
    ],
    ['postgres:14.5', undefined, { major: '14', minor: 5, variant: 'debian', moving: true }],
    ['postgres:14-alpine', undefined, { major: '14', minor: undefined, variant: 'alpine', moving: true }],
    ['postgres:16.4-bookworm', undefined, { major: '16', minor: 4, variant: 'debian', moving: false }],
    ['postgres:16.4-alpine', undefined, { major: '16', minor: 4, variant: 'alpine', moving: true }],
    ['postgres:16.4-alpine3.20', undefined, { major: '16', minor: 4, variant: 'alpine', moving: false }],
    ['postgres:17-trixie', undefined, { major: '17', minor: undefined, variant: 'debian', moving: true }],
    [
      'docker.io/library/postgres:18.1-trixie',
      undefined,
      { repository: 'docker.io/library/postgres', major: '18', moving: false },
    ],
    [
      'registry.internal:5000/team/pg:15.2-bookworm',
      undefined,
      { repository: 'registry.internal:5000/team/pg', tag: '15.2-bookworm', major: '15' },
    ],
    ['localhost:5000/pg:16', '16', { repository: 'localhost:5000/pg', tag: '16', major: '16' }],
    ['registry.internal:5000/team/pg:stable', '16', { tag: 'stable', major: '16', minor: undefined, moving: true }],
    ['team/pg:2024-05-alpine', '17', { major: '17', minor: undefined, variant: 'alpine', moving: true }],
    [
      `postgres@${DIGEST}`,
      '14',
      { repository: 'postgres', tag: undefined, digest: DIGEST, major: '14', moving: false },
    ],
    [
      `postgres:18-alpine@${DIGEST}`,
      undefined,
      { tag: '18-alpine', digest: DIGEST, major: '18', variant: 'alpine', moving: false },
    ],
    [`reg:5000/a/b@${DIGEST}`, '15', { repository: 'reg:5000/a/b', tag: undefined, digest: DIGEST, major: '15' }],
  ])('%s (postgresVersion %s) is taken apart', (image, version, expected) => {
    expect(parseImage(image, version)).toMatchObject(expected)
  })

  test.each<[string, PostgresMajor | undefined, ImageRefusal]>([
    ['postgres', undefined, 'TagOrDigestMissing'],
    ['registry.internal:5000/pg', '16', 'TagOrDigestMissing'],
    ['postgres:latest', undefined, 'LatestTag'],
    ['postgres:latest', '16', 'LatestTag'],
    [`postgres:latest@${DIGEST}`, '16', 'LatestTag'],
    ['postgres:bookworm', undefined, 'MajorUnknown'],
    ['postgres:18rc1', undefined, 'MajorUnknown'],
    [`postgres@${DIGEST}`, undefined, 'MajorUnknown'],
    ['postgres:13', undefined, 'MajorUnsupported'],
    ['postgres:9.6', undefined, 'MajorUnsupported'],
    ['postgres:19-trixie', undefined, 'MajorUnsupported'],
    ['postgres:14', '15', 'MajorContradiction'],
    ['postgres:16.4-alpine', '17', 'MajorContradiction'],
    ['', undefined, 'InvalidReference'],
    ['postgres:', undefined, 'InvalidReference'],
    ['Postgres:16', undefined, 'InvalidReference'],
    ['postgres: 16', undefined, 'InvalidReference'],
    ['postgres:16@sha256:123', undefined, 'InvalidReference'],
    [`postgres:16@${DIGEST}@${DIGEST}`, undefined, 'InvalidReference'],
    ['http://registry/postgres:16', undefined, 'InvalidReference'],
  ])('%j (postgresVersion %s) is refused: %s', (image, version, reason) => {
    expect(() => parseImage(image, version)).toThrow(
      expect.objectContaining({ name: 'ImageRefusedError', reason, image }),
    )
    expect(() => parseImage(image, version)).toThrow(ImageRefusedError)
  })

  test('of Debian runs as 999, of Alpine as 70', () => {
    expect(parseImage('postgres:16')).toMatchObject({ uid: 999, gid: 999 })
    expect(parseImage('postgres:16-alpine')).toMatchObject({ uid: 70, gid: 70 })
  })

  test.each(POSTGRES_MAJORS)('of major %s keeps its data in a directory of that major, below the mount', (major) => {
    expect(parseImage(`postgres:${major}`).dataDirectory).toBe(`/var/lib/postgresql/${major}/docker`)
    expect(dataDirectoryOf(major)).toBe(`/var/lib/postgresql/${major}/docker`)
  })

  test('that moves comes with a warning that names one that does not', () => {
    expect(imageWarning(parseImage('postgres:14'))).toContain('postgres:14 moves')
    const example = /for example (\S+),/.exec(imageWarning(parseImage('reg:5000/pg:17-alpine')) ?? '')?.[1] ?? ''
    expect(parseImage(example.replace('<minor>', '4'))).toMatchObject({
      repository: 'reg:5000/pg',
      major: '17',
      variant: 'alpine',
      moving: false,
    })
    expect(imageWarning(parseImage('postgres:16.4-bookworm'))).toBeUndefined()
    expect(imageWarning(parseImage(`postgres:16@${DIGEST}`))).toBeUndefined()
  })
})
