import { describe, expect, test } from 'vitest'
import { formatImage, notFoundMessage, parseImage, postgresMajor } from './images.ts'

const digest = `sha256:${'0'.repeat(64)}`
const majorOf = (image: string): number | undefined => {
  const name = parseImage(image)
  return name && postgresMajor(name)
}

describe('image references', () => {
  test.each([
    ['postgres', 'docker.io/library/postgres:latest'],
    ['postgres:18.4', 'docker.io/library/postgres:18.4'],
    ['bitnami/postgresql:15', 'docker.io/bitnami/postgresql:15'],
    ['registry.example.com:5000/db/postgres:15-alpine', 'registry.example.com:5000/db/postgres:15-alpine'],
    [`postgres:15@${digest}`, `docker.io/library/postgres@${digest}`],
  ])('%s is %s in full', (image, full) => {
    const name = parseImage(image)
    expect(name && formatImage(name)).toBe(full)
  })

  test.each(['', 'Postgres:15', 'postgres:', 'postgres:15@sha256:1', 'a//b', '/a'])(
    '%j is not a reference',
    (image) => {
      expect(parseImage(image)).toBeUndefined()
    },
  )

  test.each([
    ['postgres:18', 18],
    ['postgres:14.23-bookworm', 14],
    ['postgres:17-alpine3.22', 17],
    ['mirror.example.com/library/postgres:16.9', 16],
    [`postgres:15.4@${digest}`, 15],
  ])('%s runs PostgreSQL %i', (image, major) => {
    expect(majorOf(image)).toBe(major)
  })

  test.each(['postgres:14.99', 'postgres:15-windows', 'postgres:latest', 'nginx:15', 'postgres:banana'])(
    '%s does not exist here',
    (image) => {
      expect(majorOf(image)).toBeUndefined()
    },
  )

  test('a missing image is reported as containerd does it', () => {
    expect(notFoundMessage({ repository: 'docker.io/library/postgres', tag: '14.99' })).toBe(
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/postgres:14.99": ' +
        'failed to resolve reference "docker.io/library/postgres:14.99": docker.io/library/postgres:14.99: not found',
    )
  })
})
