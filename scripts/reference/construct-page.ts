import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { code, GENERATED, table } from './markdown.ts'

const SOURCE = join(import.meta.dirname, '..', '..', 'src', 'constructs', 'props.ts')

interface Prop {
  readonly name: string
  readonly required: boolean
  readonly meaning: string
  readonly preset: string
}

/** The text of a documentation comment, without its frame. */
const plain = (comment: string): string => comment.replaceAll(/^\s*(\/\*\*|\*\/|\*)\s?|\s*\*\/\s*$/gm, '').trim()

/** The properties of one interface, in the order of the source. Properties of nested types are not listed. */
function propsOf(source: string, name: string): Prop[] {
  const [, body = ''] = new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source) ?? []
  const members = [...body.matchAll(/^ {2}(\/\*\*[\s\S]*?\*\/)\n {2}readonly (\w+)(\??):/gm)]
  return members.map(([, comment = '', member = '', optional]) => {
    const text = plain(comment)
    const [meaning = '', ...tags] = text.split(/\s*@(?=default|see)/)
    const preset = tags.find((tag) => tag.startsWith('default '))?.slice('default '.length) ?? ''
    return { name: member, required: optional !== '?', meaning, preset }
  })
}

/** The page about the construct. */
export function constructPage(): string {
  const source = readFileSync(SOURCE, 'utf8')
  const rows = propsOf(source, 'DatabaseProps').map(({ name, required, meaning, preset }) => [
    code(name),
    required ? 'required' : preset,
    meaning,
  ])
  return `${GENERATED}

# The Database construct

\`\`\`ts
new Database(chart, 'orders', {
  image: 'postgres:16.4-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: Size.gibibytes(10) },
})
\`\`\`

Sizes are \`Size\` of cdk8s or text, CPUs \`Cpu\` of cdk8s-plus or text. What the fields may hold stands in
[database.md](database.md); everything that is wrong is reported at synthesis, all of it at once, with the path of the
construct.

${table(['Property', 'Default', 'Meaning'], rows)}
`
}
