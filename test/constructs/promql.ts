import { parser } from '@prometheus-io/lezer-promql'

/** What of an expression is no PromQL, by Prometheus' own grammar; nothing where all is. */
export function syntaxErrorsIn(expression: string): string[] {
  const errors: string[] = []
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(`at ${from}: ${JSON.stringify(expression.slice(from, to + 20))}`)
    },
  })
  return errors
}

/** Names of the metrics that an expression asks for. */
export function metricsIn(expression: string): string[] {
  const names: string[] = []
  parser.parse(expression).iterate({
    enter: ({ name, from, to, node }) => {
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(expression.slice(from, to))
    },
  })
  return names
}
