import { printableLine } from './printable.ts'

/** Where an annotation is shown. */
export interface Annotation {
  readonly title: string
  /** `dist/orders.k8s.yaml:41`; anything else stands in the message. */
  readonly where?: string | undefined
}

/**
 * A line that GitHub takes for an annotation: `::error file=dist/orders.k8s.yaml,line=41,title=…::…`.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotation(
  level: 'error' | 'warning' | 'notice',
  { title, where }: Annotation,
  message: string,
): string {
  const [, file, line] = /^([^:]+):(\d+)$/.exec(where ?? '') ?? []
  const isFile = file !== undefined && file !== '-'
  const properties = [...(isFile ? [`file=${property(file)}`, `line=${line ?? ''}`] : []), `title=${property(title)}`]
  const text = where === undefined || isFile ? message : `${message} (${where})`
  return `::${level} ${properties.join(',')}::${data(text)}`
}

/** A line of the log that GitHub takes for nothing else: other people's text may look like a command. */
export function plainLine(text: string): string {
  return printableLine(text)
    .replaceAll('##[', '#\u200B#[')
    .replace(/^\s*::/, ' \u200B::')
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('##[', '#\u200B#[')

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
