import { EXIT } from '../../api/exit-code.ts'
import { formatObject } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { checkAgainstSchema, schemaOfVersion } from '../../plan/schema-check.ts'
import type { SchemaProblem } from '../../plan/schema-check.ts'
import type { Refusal } from './failure.ts'
import { unasked } from './planned-item.ts'
import type { PlannedItem, Subject } from './planned-item.ts'

/**
 * Judges an object of a kind that the server does not serve yet, or not in this form: by the schema that stands in the
 * same manifests, where there is one.
 * @param definition the CustomResourceDefinition of the set; `undefined` where only the namespace is still to come
 * @param live the object as it is in the old form; absent for one that is to be created
 */
export function judgeUnserved(
  subject: Subject,
  definition: KubernetesObject | undefined,
  live?: KubernetesObject,
): PlannedItem {
  const { item, body } = subject
  const [, version = ''] = item.reference.apiVersion.split('/')
  const schema = definition === undefined ? undefined : schemaOfVersion(definition, version)
  if (schema === undefined) return unasked(subject, 'none')
  const problems = checkAgainstSchema(body, schema)
  const planned = { ...unasked(subject, 'schema'), live }
  if (problems.length > 0) return { ...planned, verdict: 'refused', refusal: refusalOf(subject, problems) }
  return live === undefined ? planned : { ...planned, verdict: 'update' }
}

function refusalOf({ item }: Subject, problems: readonly SchemaProblem[]): Refusal {
  const lines = problems.map(({ path, message }) => `${path.join('.')} ${message}`)
  const [first] = problems
  return {
    conflict: false,
    reason: 'Invalid',
    message: `${formatObject(item.reference)} does not fit the definition in the same manifests: ${lines.join('; ')}`,
    remedy: `correct ${first?.path.join('.') ?? 'the manifest'}`,
    exitCode: EXIT.failed,
    ...(first === undefined ? {} : { path: first.path }),
  }
}
