import { expect, test } from 'vitest'
import { imageWarnings } from '../../src/postgres/image-warnings.ts'

const database = (name: string, image: string): { name: string; spec: { image: string } } => ({ name, spec: { image } })

test('a tag that moves is told once, with those that run it', () => {
  expect(
    imageWarnings([
      database('shop/a', 'postgres:14'),
      database('shop/b', 'postgres:18.4-trixie'),
      database('shop/c', 'postgres:14'),
      database('shop/d', 'postgres:16'),
    ]),
  ).toEqual([
    expect.stringMatching(/^Database shop\/a, shop\/c: postgres:14 moves: .*name both, for example postgres:14\./),
    expect.stringMatching(/^Database shop\/d: postgres:16 moves: /),
  ])
})

test('of a fleet a few are named', () => {
  const fleet = Array.from({ length: 1000 }, (_, index) => database(`db-${index}`, 'postgres:17-alpine'))
  expect(imageWarnings(fleet)).toEqual([expect.stringMatching(/^Database db-0, db-1, db-2 and 997 more: postgres:17/)])
})

test.each(['postgres:16.4-bookworm', `postgres:16@sha256:${'0'.repeat(64)}`, 'postgres:latest', 'postgres'])(
  'nothing is said of %s: it does not move, or is refused',
  (image) => {
    expect(imageWarnings([database('orders', image)])).toEqual([])
  },
)
