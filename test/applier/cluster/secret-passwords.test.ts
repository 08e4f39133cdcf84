import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { observeSecret } from '../../../src/applier/cluster/secret-observation.ts'
import { passwordsOf } from '../../../src/applier/cluster/secret-passwords.ts'

const forms = (password: string): Record<string, string> => ({
  uri: `postgresql://app:${password}@db:5432/shop`,
  'jdbc-uri': `jdbc:postgresql://db:5432/shop?user=app&password=${password}`,
  pgpass: `db:5432:shop:app:${password}`,
})

const aSecret = (texts: Readonly<Record<string, string>>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db-credentials' },
  data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
})

const generated = (texts: Readonly<Record<string, string>>): ReturnType<typeof passwordsOf> =>
  passwordsOf(aSecret(texts), 'password', 'generated')

describe('the passwords of a generated Secret', () => {
  test('agree where every form holds the current one', () => {
    const { wanted, former, rotation } = generated({ password: 'now', ...forms('now') })
    expect([wanted, former, rotation]).toEqual(['now', [], undefined])
  })

  test('tell the former one from the forms where a person changed the password alone', () => {
    const { wanted, former, rotation } = generated({ password: 'new', ...forms('now') })
    expect([wanted, former, rotation]).toEqual(['new', ['now'], 'edited'])
  })

  test('are to be written again where a form is missing', () => {
    const { rotation, former } = generated({ password: 'now' })
    expect([rotation, former]).toEqual(['edited', []])
  })

  test('are on their way to the next one, while the current one stays what clients read', () => {
    const { current, wanted, former, rotation } = generated({
      password: 'now',
      'next-password': 'next',
      ...forms('now'),
    })
    expect([current, wanted, former, rotation]).toEqual(['now', 'next', ['now'], 'staged'])
  })

  test('may be told by a person', () => {
    const { former, rotation } = generated({ password: 'new', 'previous-password': 'old', ...forms('new') })
    expect([former, rotation]).toEqual([['old'], 'possible'])
  })

  test('are put back from the forms where the password is gone', () => {
    const { current, former, rotation } = generated({ username: 'app', ...forms('now') })
    expect([current, former, rotation]).toEqual([undefined, ['now'], undefined])
  })
})

describe('the passwords of an existing Secret', () => {
  test('are those under its own key and the previous one; whatever else it holds means nothing', () => {
    const secret = aSecret({
      pass: 'now',
      password: 'x',
      'previous-password': 'old',
      'next-password': 'y',
      ...forms('z'),
    })
    const { current, wanted, former, rotation } = passwordsOf(secret, 'pass', 'existing')
    expect([current, wanted, former, rotation]).toEqual(['now', 'now', ['old'], 'possible'])
  })

  test('stand in no observation', () => {
    const secret = aSecret({ password: 'hunter2', 'previous-password': 'hunter1' })
    const observed = observeSecret(secret, 'theirs', { credentials: { existingSecret: { name: 'theirs' } } })
    expect(observed).toEqual({ secretName: 'theirs', source: 'existing', state: 'complete', rotation: 'possible' })
  })
})
