import * as z from 'zod'

/**
 * One rule about a value, said once and kept in three places: the API server evaluates `cel`, the client evaluates
 * `holds`, and both say `message`.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
export interface Rule<Value> {
  /** CEL over `self`. */
  readonly cel: string
  /** What must be true, in words, with an example where that helps. */
  readonly message: string
  /** The same condition on the client. */
  readonly holds: (value: Value) => boolean
  /** What the client adds to the message, which CEL cannot say: which part of this value is meant, and why. */
  readonly detail?: (value: Value) => string
}

/** A rule about a change, which only the API server (or whoever holds the live object) can judge. */
export interface TransitionRule<Value> {
  /** CEL over `self` and `oldSelf`. */
  readonly cel: string
  readonly message: string
  /** The same condition on the client, given the live value. */
  readonly holds: (value: Value, old: Value) => boolean
}

/** Key under which CEL rules stand in an OpenAPI schema. */
export const CEL_KEY = 'x-kubernetes-validations'

/** Adds rules to a schema: checked on parsing, and written into the CRD. */
export function withRules<Schema extends z.ZodType>(
  schema: Schema,
  rules: readonly Rule<z.output<Schema>>[],
  transitions: readonly TransitionRule<z.output<Schema>>[] = [],
): Schema {
  const checked = schema.check((context) => {
    for (const rule of rules) {
      if (rule.holds(context.value)) continue
      // `continue`: the rules of the values around this one are judged too, as on the server.
      const message = rule.detail === undefined ? rule.message : `${rule.message}: ${rule.detail(context.value)}`
      context.issues.push({ code: 'custom', message, input: context.value, path: [], continue: true })
    }
  })
  const validations = [...rules, ...transitions].map(({ cel, message }) => ({ rule: cel, message }))
  return checked.meta({ ...schema.meta(), [CEL_KEY]: validations })
}
