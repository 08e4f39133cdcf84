import { Buffer } from 'node:buffer'
import type { KubernetesObject } from '../../api/object.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import { passwordsIn } from '../../postgres/connection.ts'

/** Key of a password that is to become the current one as soon as the server accepts it. */
export const NEXT_PASSWORD_KEY = 'next-password'

/** Key under which a person may say which password the server still has. */
export const PREVIOUS_PASSWORD_KEY = 'previous-password'

/** Every password that a Secret holds. None of them may be shown. */
export interface SecretPasswords {
  /** What clients read; `undefined` where there is none. */
  readonly current: string | undefined
  /** What the role shall have: the next password while one is there, else the current one. */
  readonly wanted: string | undefined
  /** What the role may have instead, the likeliest first. */
  readonly former: readonly string[]
  readonly rotation: CredentialsObservation['rotation']
}

/**
 * Reads the passwords of a Secret. In a generated one the ready-made forms (`uri`, `jdbc-uri`, `pgpass`) are written
 * together with the password, so where a person has changed that alone, they still tell the former one.
 */
export function passwordsOf(
  secret: KubernetesObject,
  passwordKey: string,
  source: CredentialsObservation['source'],
): SecretPasswords {
  const data = secret['data'] as Record<string, string> | undefined
  const read = (key: string): string | undefined => {
    const encoded = data?.[key]
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
  }
  const current = read(passwordKey)
  const previous = read(PREVIOUS_PASSWORD_KEY)
  const isOurs = source === 'generated'
  const next = isOurs ? read(NEXT_PASSWORD_KEY) : undefined
  const forms = isOurs ? passwordsIn({ uri: read('uri'), 'jdbc-uri': read('jdbc-uri'), pgpass: read('pgpass') }) : []
  const wanted = next === undefined || next === '' ? current : next
  const candidates = [wanted === current ? undefined : current, ...forms, previous]
  const former = [...new Set(candidates)].filter(
    (candidate) => candidate !== undefined && candidate !== '' && candidate !== wanted,
  ) as string[]
  return { current, wanted, former, rotation: rotationOf() }

  function rotationOf(): CredentialsObservation['rotation'] {
    if (current === undefined || current === '') return undefined
    if (wanted !== current) return 'staged'
    if (forms.some((form) => form !== current)) return 'edited'
    return previous === undefined || previous === '' || previous === current ? undefined : 'possible'
  }
}
