import { hideInText } from '../api/secret-text.ts'
import { hideSecrets } from '../api/secret-values.ts'
import { systemClock } from '../cluster/clock.ts'
import type { Clock } from '../cluster/clock.ts'
import { redact } from '../cluster/redaction.ts'
import type { Transition } from '../phases/transitions.ts'
import { plainValue } from './plain-value.ts'

/** How important a line is, least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a line says beside its message, by key. An error may stand there as it was thrown. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where lines go, and which. */
export interface LogOptions {
  /** Takes a line with its newline. */
  readonly write: (line: string) => void
  /** What is less important is not written. @default 'info' */
  readonly level?: LogLevel
  /** @default the time of day */
  readonly clock?: Pick<Clock, 'now'>
}

/** What a logger says in each of its lines. */
interface LogContext {
  readonly name: string
  readonly fields: LogFields
  readonly secrets: readonly string[]
}

/** Keys that every line has; a field of that name gets an underscore. */
const OWN_KEYS: ReadonlySet<string> = new Set(['ts', 'level', 'logger', 'msg'])

/** Longest text in a line; the kubelet cuts lines at 16 KiB. */
const LONGEST_TEXT = 4096

const hide = (): string => '***'

/**
 * Writes what happens as one line of JSON each: `ts`, `level`, `logger`, `msg`, then what was given. Whatever looks like
 * a secret is hidden, by its place or by its shape, and so is what {@link hiding} was told, wherever it stands.
 */
export class JsonLog {
  readonly #options: LogOptions
  readonly #context: LogContext

  constructor(options: LogOptions, name: string, context: Partial<Omit<LogContext, 'name'>> = {}) {
    this.#options = options
    this.#context = { fields: {}, secrets: [], ...context, name }
  }

  /** A logger of a part: `controller.election`. */
  named(part: string): JsonLog {
    return new JsonLog(this.#options, `${this.#context.name}.${part}`, this.#context)
  }

  /** A logger that says this in each of its lines. */
  with(fields: LogFields): JsonLog {
    const { name, ...context } = this.#context
    return new JsonLog(this.#options, name, { ...context, fields: { ...context.fields, ...fields } })
  }

  /** A logger that hides these values in whatever it is given. */
  hiding(...secrets: readonly string[]): JsonLog {
    const { name, ...context } = this.#context
    return new JsonLog(this.#options, name, { ...context, secrets: [...context.secrets, ...secrets] })
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#log('debug', message, fields)
  }

  info(message: string, fields: LogFields = {}): void {
    this.#log('info', message, fields)
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#log('warn', message, fields)
  }

  error(message: string, fields: LogFields = {}): void {
    this.#log('error', message, fields)
  }

  /** The line of a phase that follows another: `STATE TRANSITION: Pending -> Provisioning`. */
  transition({ from, to, reason, message }: Transition, fields: LogFields = {}): void {
    this.info(`STATE TRANSITION: ${from ?? '(new)'} -> ${to}`, { ...fields, reason, message })
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    const { write, level: least = 'info', clock = systemClock } = this.#options
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return
    const { name, fields: always } = this.#context
    const given = hideSecrets(plainValue({ ...always, ...fields }), hide)
    const line = {
      ts: new Date(clock.now()).toISOString(),
      level,
      logger: name,
      msg: this.#clean(hideInText(message, hide)),
      ...this.#cleanFields(given as LogFields),
    }
    write(`${escapeControls(JSON.stringify(line))}\n`)
  }

  #cleanFields(fields: LogFields): LogFields {
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [OWN_KEYS.has(key) ? `${key}_` : key, this.#cleanValue(value)]),
    )
  }

  #cleanValue(value: unknown): unknown {
    if (typeof value === 'string') return this.#clean(value)
    if (Array.isArray(value)) return value.map((item) => this.#cleanValue(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.#cleanValue(field)]))
  }

  /** Hidden before it is cut: the rest of a secret is one, too. */
  #clean(text: string): string {
    const shown = redact(text, undefined, ...this.#context.secrets)
    const more = shown.length - LONGEST_TEXT
    return more <= 0 ? shown : `${shown.slice(0, LONGEST_TEXT)}… (${more} characters more)`
  }
}

/** JSON leaves those as they are, and a terminal obeys some of them. */
function escapeControls(json: string): string {
  return json.replaceAll(/[\u007F-\u009F\u2028\u2029]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
