import type { Rule } from './rule.ts'

/** Longest name of a Database: every name derived from it must fit where Kubernetes limits it to 52 or 63 characters. */
export const MAXIMUM_NAME_LENGTH = 40

/**
 * Rules for `metadata.name`. It becomes the name of a Service, so it is a DNS-1035 label.
 * @see https://github.com/kubernetes/kubernetes/issues/64023 for the StatefulSet's shorter limit
 */
export const NAME_RULES: readonly Rule<string>[] = [
  {
    cel: `size(self.metadata.name) <= ${MAXIMUM_NAME_LENGTH}`,
    message: `metadata.name must be at most ${MAXIMUM_NAME_LENGTH} characters: names of pods, claims and labels are derived from it`,
    holds: (name) => name.length <= MAXIMUM_NAME_LENGTH,
  },
  {
    cel: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message: 'metadata.name must be lower-case letters, digits and dashes, beginning with a letter, for example orders',
    holds: (name) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name),
  },
]
