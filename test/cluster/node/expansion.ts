/**
 * `$(VAR)` references in commands, arguments and environment values, expanded exactly as the kubelet does it.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/third_party/forked/golang/expansion/expand.go
 */

/** Variables that references may name. */
export type Variables = Readonly<Record<string, string>>

/**
 * Replaces `$(NAME)` by the variable's value; a reference to an unknown variable stays as it is, `$$` becomes `$`.
 *
 * Values are inserted as they are: nothing is expanded twice.
 */
export function expand(input: string, variables: Variables): string {
  let output = ''
  let cursor = 0
  while (cursor < input.length) {
    const operator = input.indexOf('$', cursor)
    if (operator === -1 || operator === input.length - 1) break
    output += input.slice(cursor, operator)
    const { text, length } = readReference(input.slice(operator + 1), variables)
    output += text
    cursor = operator + 1 + length
  }
  return output + input.slice(cursor)
}

/** What follows a `$`: the text it stands for, and how much of the input it takes. */
const readReference = (rest: string, variables: Variables): { text: string; length: number } => {
  if (rest.startsWith('$')) return { text: '$', length: 1 }
  if (!rest.startsWith('(')) {
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0)
    return { text: `$${character}`, length: character.length }
  }
  const end = rest.indexOf(')')
  if (end === -1) return { text: '$(', length: 1 }
  const name = rest.slice(1, end)
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined
  return { text: value ?? `$(${name})`, length: end + 1 }
}
