import { celString } from './pattern-rule.ts'
import type { Rule } from './rule.ts'

/** Label keys and values. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export const LABEL_KEY_PATTERN =
  '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'

/** @see LABEL_KEY_PATTERN */
export const LABEL_VALUE_PATTERN = '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$'

/** Longest key: prefix, slash and name. */
export const LABEL_KEY_LENGTH = 317

/** Longest value. */
export const LABEL_VALUE_LENGTH = 63

/** Every key and value of a map is one of a label. @param field where the map stands */
export function labelsRule(field: string): Rule<Record<string, string>> {
  const [key, value] = [new RegExp(LABEL_KEY_PATTERN), new RegExp(LABEL_VALUE_PATTERN)]
  return {
    cel: `self.all(key, key.matches(${celString(LABEL_KEY_PATTERN)}) && self[key].matches(${celString(LABEL_VALUE_PATTERN)}))`,
    message: `${field} must name labels as Kubernetes writes them, for example app: shop`,
    holds: (labels) => Object.entries(labels).every(([name, text]) => key.test(name) && value.test(text)),
  }
}
