import { isJsonObject } from './json-object.ts'

const mask = '***'

/**
 * Takes the values of a Secret out of what the server says about it: a type mismatch of server-side apply, for one,
 * quotes the value (`.data.password: expected string, got &{…}`).
 *
 * @param body - what was sent
 */
export function redact(message: string, body: unknown, ...secrets: readonly (string | undefined)[]): string {
  return [...secretValues(body), ...secrets]
    .filter((secret) => secret !== undefined && secret.length >= 4)
    .sort((a, b) => (b ?? '').length - (a ?? '').length)
    .reduce<string>((text, secret) => (secret === undefined ? text : text.replaceAll(secret, mask)), message)
}

function secretValues(body: unknown): readonly string[] {
  if (!isJsonObject(body) || body['kind'] !== 'Secret') return []
  return ['data', 'stringData'].flatMap((field) => {
    const values = body[field]
    if (!isJsonObject(values)) return []
    return Object.values(values).flatMap((value) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return [text, Buffer.from(text, 'base64').toString('utf8')]
    })
  })
}
