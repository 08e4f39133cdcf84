import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Defects of published implementations of this exercise, by number. A test named after each fails when the defect is put
 * into this one.
 */
const DEFECTS: Readonly<Record<string, string>> = {
  C1: 'a corrected spec is applied only once the database is Ready',
  C2: 'Ready is decided from a StatefulSet that was read before it was written',
  C3: 'only the StatefulSet is looked at: a lost Service or Secret stays lost',
  C4: 'two pointers are compared: something is written in every pass',
  C5: 'after a conflict the object that was read anew is sent, without the change',
  C6: 'the finalizer is added to an object that is being deleted',
  C7: 'the password goes with the Database, and its data stays',
  C8: 'its own status write wakes the loop, past every pause',
  C9: 'an error that passes is shown as Failed and swallowed',
  C10: 'the status does not say about which generation it speaks',
  C11: 'most changes of a StatefulSet are passed over',
  C12: 'an event about a Secret makes it list every Database of the cluster',
  C13: 'sizes are read with two suffixes, so that a volume may be asked to shrink',
  C14: 'an image is judged by the word postgres in its name',
  C15: 'a changed image changes immutable fields with it',
  C16: 'waiting for pods keeps the worker from everything else',
  C17: 'the application role is a superuser',
  C18: 'the pod has no probes, no security context, no resources and no time to end',
}

test('every defect has a test that is named after it', () => {
  const root = join(import.meta.dirname, '..')
  const texts = globSync('**/*.test.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  const named = texts.flatMap((text) => Array.from(text.matchAll(/\(\s*['`](C\d+): /g), ([, number = '']) => number))
  expect(Object.keys(DEFECTS).filter((number) => !named.includes(number))).toEqual([])
  expect(named.filter((number) => !(number in DEFECTS))).toEqual([])
})
