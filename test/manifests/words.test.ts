import { expect, test } from 'vitest'
import { Words } from '../../src/manifests/words.ts'

const at = (words: Words, word: string): ReturnType<Words['at']> => {
  const bytes = Buffer.from(`<${word}>`)
  return words.at(bytes, 1, bytes.length - 1)
}

test('each of many words is found again, as it was', () => {
  const words = new Words()
  const texts = Array.from({ length: 6_000 }, (_, index) => `word-${index}`.padStart(index % 40))
  const found = texts.map((text) => at(words, text))
  expect(found.map(({ text }) => text)).toEqual(texts)
  expect(texts.every((text, index) => at(words, text) === found[index])).toBe(true)
})

test('words beyond ASCII are told from each other', () => {
  const words = new Words()
  const texts = ['', 'ä', 'a', 'Ã¤', '漢', '😀', 'a\u0308']
  expect(texts.map((text) => at(words, text).text)).toEqual(texts)
  expect(at(words, '漢')).toBe(at(words, '漢'))
})

test('a word means something only where it is asked without quotes', () => {
  const words = new Words()
  expect([at(words, 'no').text, at(words, 'no').value]).toEqual(['no', false])
  expect(at(words, '.inf').value).toBeUndefined()
  expect(at(words, '').value).toBeNull()
})
