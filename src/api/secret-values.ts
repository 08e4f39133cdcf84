import type { Hide } from './secret-text.ts'
import { hideInText } from './secret-text.ts'

/** Names of variables, headers and keys of a ConfigMap whose literal value is treated as a secret. */
const SECRET_NAME =
  /pass|pwd|secret|token|key|credential|private|cookie|authoriz|(?:^|[_.-])auth$|dsn$|conn(?:ection)?[_-]?str/i

/** Names of fields, in any kind, whose text is treated as a secret: `secretName` and `passwordKey` only name one. */
const SECRET_FIELD =
  /(?:password|passwd|passphrase|pwd|token|api[_-]?key|secret[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|connection[_-]?string|key-data)$/i

/** Flags whose next argument is a secret. */
const SECRET_FLAG = /^--?[\w-]*(?:password|passwd|passphrase|token|secret|api-?key|access-?key|private-?key)$/i

/** Names of variables that say where a secret is, and values that can only be such a place. */
const PLACE_NAME = /(?:file|path|dir|directory)$/i
const PLACE =
  /^\/(?:run|var|etc|proc|dev|opt|mnt|home|usr|tmp|srv|secrets?|credentials|certs?|tls)(?:\/[\w.@-]+){0,12}\/?$/
const ABSOLUTE = /^\/[\w./@-]{0,255}$/

/** Annotations that hold a copy of an object by their name, whatever they look like. */
const COPY_NAME = /last-applied|last-handled|objectset\.rio\.cattle\.io\/applied|kapp\.k14s\.io\/original/
/** A JSON or YAML object, and gzip or zip in base64. */
const COPY = /["']?kind["']?\s{0,8}:\s{0,8}["']?[A-Z]|^(?:H4sI|UEsDB)/

/** Where a value stands. */
interface Place {
  /** Names on the way, keys and indexes; of the nearest object that has a kind. */
  readonly path: readonly string[]
  /** Its kind. */
  readonly kind: string | undefined
}

/**
 * A copy of an object, or of a part of one, without its secrets:
 *
 * - of a Secret: data, stringData and every annotation
 * - of anything: annotations that hold a copy of an object, such as kubectl's last-applied-configuration
 * - literal values of variables whose name says secret; arguments after a flag of that kind
 * - fields such as `password` and `connectionString`, and keys of a ConfigMap that sound like one
 * - in any text: passwords of URIs, assignments to such names, private keys, tokens
 *
 * What is hidden needlessly costs a reader one look elsewhere, so where it is not plain the value is hidden. Keys, and
 * references to a Secret, are no secrets.
 * @param kind of the object that `value` is a part of, where it is not the whole
 * @param path of that part: keys as they are, items of lists as `[name=x]` or `[0]`
 */
export function hideSecrets(value: unknown, hide: Hide, kind?: string, path: readonly string[] = []): unknown {
  return walk(value, { kind, path }, hide)
}

/** Every secret of an object, as itself and as it stands there. */
export function secretsOf(value: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  hideSecrets(value, (secret, written) => {
    found.add(secret)
    if (written !== undefined) found.add(written)
    return ''
  })
  return found
}

function walk(value: unknown, place: Place, hide: Hide): unknown {
  if (isSecretPlace(place)) return hideAll(value, hide, place.kind === 'Secret' && place.path[0] === 'data')
  if (isSecretKey(place, value)) return hideAll(value, hide)
  if (typeof value === 'string') return hideString(value, place, hide)
  if (Array.isArray(value)) return walkList(value, place, hide)
  if (!isRecord(value)) return value
  const { kind } = value
  // An object within another: an item of a list, a template.
  const here: Place = typeof kind === 'string' && /^[A-Z]/.test(kind) ? { kind, path: [] } : place
  const named = typeof value['name'] === 'string' ? value['name'] : undefined
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const isVariable = key === 'value' && named !== undefined && isSecretVariable(named, field)
      return [key, isVariable ? hideAll(field, hide) : walk(field, inside(here, key), hide)]
    }),
  )
}

function walkList(items: readonly unknown[], place: Place, hide: Hide): unknown[] {
  return items.map((item, index) => {
    const previous = items[index - 1]
    const isArgument = typeof item === 'string' && typeof previous === 'string' && SECRET_FLAG.test(previous)
    return isArgument && !item.startsWith('-') ? hideAll(item, hide) : walk(item, inside(place, `[${index}]`), hide)
  })
}

const inside = ({ kind, path }: Place, key: string): Place => ({ kind, path: [...path, key] })

/** Whether everything here and below is secret, whatever it looks like. */
function isSecretPlace({ kind, path }: Place): boolean {
  if (path[0] === 'metadata' && path[1] === 'annotations')
    return path.length > 2 && (kind === 'Secret' || COPY_NAME.test(path[2] ?? ''))
  return kind === 'Secret' && (path[0] === 'data' || path[0] === 'stringData')
}

/** Whether the name of the field says that its value is secret. What is below a field may be where the secret is. */
function isSecretKey({ kind, path }: Place, value: unknown): boolean {
  const key = path.at(-1) ?? ''
  if (kind === 'ConfigMap' && path.length === 2 && /^(?:data|binaryData)$/.test(path[0] ?? ''))
    return isSecretVariable(key, value)
  const isPlain = typeof value === 'string' || typeof value === 'number'
  return isPlain && SECRET_FIELD.test(key.startsWith('[') ? (path.at(-2) ?? '') : key)
}

function hideString(text: string, { path }: Place, hide: Hide): string {
  if (text === '') return text
  if (path.includes('annotations') && COPY.test(text)) return hide(text)
  if (path.at(-1) === 'value' && isSecretItem(path.at(-2) ?? '', text)) return hide(text)
  return hideInText(text, hide)
}

/** Whether `value` of an item of a list is secret: known by its name, or of a variable whose name is not known here. */
function isSecretItem(segment: string, text: string): boolean {
  const name = /^\[name=([\s\S]*)\]$/.exec(segment)?.[1]
  return name === undefined ? false : isSecretVariable(name, text)
}

function isSecretVariable(name: string, value: unknown): boolean {
  if (!SECRET_NAME.test(name)) return false
  if (typeof value !== 'string') return true
  return !(PLACE.test(value) || (PLACE_NAME.test(name) && ABSOLUTE.test(value)))
}

/** Keys stay, so that people see what changed; every value goes. */
function hideAll(value: unknown, hide: Hide, isBase64 = false): unknown {
  if (Array.isArray(value)) return value.map((item) => hideAll(item, hide, isBase64))
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, hideAll(field, hide, isBase64)]))
  if (value === null || value === undefined || value === '') return value
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return isBase64 ? hide(decoded(text), text) : hide(text)
}

/** So that a value is the same in `data`, in `stringData` and in a variable. */
function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.codePointAt(0) ?? 0))
  } catch {
    return base64
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
