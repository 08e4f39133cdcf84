import { databaseCrd, openApiSchema, SHORT_NAME } from '../../src/api/crd.ts'
import {
  API_VERSION,
  CHILDREN_ANNOTATION,
  CLIENT_OF_LABEL,
  CREDENTIALS_FIELD_MANAGER,
  CRD_NAME,
  FIELD_MANAGER,
  KIND,
  RESTART_HASH_ANNOTATION,
  ROTATE_ANNOTATION,
  STATUS_FIELD_MANAGER,
} from '../../src/api/group.ts'
import { objectLabels } from '../../src/api/labels.ts'
import { derivedNames } from '../../src/api/names.ts'
import { CONDITION_TYPES } from '../../src/api/status.ts'
import type { ConditionType } from '../../src/api/status.ts'
import { code, GENERATED, table } from './markdown.ts'
import { fieldsOf, limitsOf, rulesOf, typeOf } from './schema-fields.ts'
import type { Field, Schema } from './schema-fields.ts'

const CONDITIONS: Readonly<Record<ConditionType, string>> = {
  Ready: 'A login as the application role succeeded and nothing is left to do.',
  Progressing: 'The database is on its way to what the spec says.',
  Available: 'The database answers, whatever else is going on.',
  Degraded: 'Something is wrong, even where the database answers.',
  Reconciling: 'As kstatus reads it: work goes on. Present only while it is true.',
  Stalled: 'As kstatus reads it: somebody must act. Present only while it is true.',
  Failed: 'The last attempt failed; mirrors the phase of that name.',
  BackupHealthy: 'The newest backup succeeded, and the next ones will be made. Present only where backups are wanted.',
}

interface Column {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  readonly priority?: number
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ path, schema, required }) => {
    const preset = schema.default === undefined ? '' : code(JSON.stringify(schema.default))
    const limits = limitsOf(schema)
    const about = [schema.description ?? '', ...(limits.length === 0 ? [] : [`(${limits.join(', ')})`])]
      .join(' ')
      .trim()
    return [code(path), typeOf(schema), required ? 'required' : preset, about]
  })
  return table(['Field', 'Type', 'Default', 'Meaning'], rows)
}

function ruleList(fields: readonly Field[]): string {
  const rules = fields.flatMap(({ path, schema }) =>
    rulesOf(schema).map(({ message, onChange }) => [code(path), message, onChange ? 'on change' : 'always'] as const),
  )
  return table(['Field', 'What is said when it does not hold', 'Judged'], rules)
}

/** The page about the Database resource. */
export function databasePage(): string {
  const schema = openApiSchema() as Schema
  const spec = fieldsOf('spec', schema.properties?.['spec'] ?? {}, true)
  const status = fieldsOf('status', schema.properties?.['status'] ?? {}, false)
  const [version] = (databaseCrd()['spec'] as { versions: { additionalPrinterColumns: Column[] }[] }).versions
  const columns = version?.additionalPrinterColumns ?? []
  return `${GENERATED}

# ${KIND}

${schema.description ?? ''}

\`apiVersion: ${API_VERSION}\`, \`kind: ${KIND}\`, namespaced, short name \`${SHORT_NAME}\`, defined by
\`${CRD_NAME}\`. Subresources: \`status\`, \`scale\`.

## spec

${fieldTable(spec)}

## Rules

The API server and the command line judge the same rules and say the same words.

${ruleList([{ path: 'metadata', schema, required: true }, ...spec])}

## status

${fieldTable(status)}

### Conditions

${table(
  ['Type', 'What is true'],
  CONDITION_TYPES.map((type) => [code(type), CONDITIONS[type]]),
)}

## Columns of \`kubectl get ${SHORT_NAME}\`

${table(
  ['Column', 'Type', 'From', 'Shown'],
  columns.map(({ name, type, jsonPath, priority = 0 }) => [
    name,
    type,
    code(jsonPath),
    priority > 0 ? 'with `-o wide`' : 'always',
  ]),
)}

## Names

What belongs to a Database called \`orders\`:

${table(
  ['What', 'Name'],
  Object.entries(derivedNames('orders')).map(([what, name]) => [words(what), code(name)]),
)}

## Labels and annotations

${table(
  ['Key', 'Where', 'Meaning'],
  [
    ...Object.entries(objectLabels('orders')).map(([key, value]) => [
      code(key),
      'label of every object',
      `for example ${code(value)}`,
    ]),
    [code(CLIENT_OF_LABEL), 'label of a client pod', 'Admits the pod to the database of that name in its namespace.'],
    [
      code(CHILDREN_ANNOTATION),
      'annotation of the Database',
      '`rendered`: the children stand in Git beside it, and no controller applies them.',
    ],
    [
      code(ROTATE_ANNOTATION),
      'annotation of the Database and of its Secret',
      'Every new value asks for a new generated password. On the Secret: the value that was answered last.',
    ],
    [
      code(RESTART_HASH_ANNOTATION),
      'annotation of the pods',
      'Changes with configuration that a running server does not take over.',
    ],
  ],
)}

## Field managers

${table(
  ['Name', 'Owns'],
  [
    [code(FIELD_MANAGER), 'every field that synthesis wrote'],
    [code(CREDENTIALS_FIELD_MANAGER), 'the keys that are added to the credentials Secret at run time'],
    [code(STATUS_FIELD_MANAGER), '`status`'],
  ],
)}
`
}

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
