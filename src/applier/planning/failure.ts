import { EXIT } from '../../api/exit-code.ts'
import type { ExitCode } from '../../api/exit-code.ts'
import { API_VERSION, KIND } from '../../api/group.ts'
import { formatObject } from '../../api/object.ts'
import {
  fieldConflictsOf,
  isFieldManagerConflict,
  isForbidden,
  isInvalid,
  isKindNotServed,
  isNamespaceMissing,
  isNamespaceTerminating,
} from '../../cluster/error-guards.ts'
import { ApiError } from '../../cluster/errors.ts'
import type { ApplyItem } from '../set/apply-set.ts'

/** The server will not have an object, and asking again will not help. */
export interface Refusal {
  /** Another manager owns a field. */
  readonly conflict: boolean
  /** One CamelCase word. */
  readonly reason: string
  readonly message: string
  readonly remedy: string
  readonly exitCode: ExitCode
  /** The field that is wrong, where the server names one. */
  readonly path?: readonly (string | number)[]
}

/** The refusal that an error means for an object; `undefined` for errors that say nothing about the object. */
export function refusalOf(error: unknown, item: ApplyItem): Refusal | undefined {
  const subject = formatObject(item.reference)
  if (isFieldManagerConflict(error)) {
    const fields = fieldConflictsOf(error).map(
      ({ field, manager }) => `${field.replace(/^\./, '')} (owned by ${manager})`,
    )
    return {
      conflict: true,
      reason: 'FieldManagerConflict',
      message: `${subject}: ${fields.join(', ')}`,
      remedy: 'leave these fields out of the manifest, or take them over: run again with --force-conflicts',
      exitCode: EXIT.conflict,
    }
  }
  if (isNamespaceMissing(error)) {
    return refusal(
      'NamespaceMissing',
      `namespace ${item.reference.namespace ?? ''} does not exist`,
      `kubectl create namespace ${item.reference.namespace ?? 'NAME'}, or add a Namespace to the manifests`,
      EXIT.usage,
    )
  }
  if (isKindNotServed(error)) {
    if (item.reference.apiVersion === API_VERSION && item.reference.kind === KIND) return databaseNotServed()
    return refusal(
      'KindNotServed',
      `the cluster does not know ${item.reference.kind} of ${item.reference.apiVersion}`,
      'install its CustomResourceDefinition first',
      EXIT.usage,
    )
  }
  if (isNamespaceTerminating(error)) {
    return refusal(
      'NamespaceTerminating',
      `namespace ${item.reference.namespace ?? ''} is being deleted`,
      'wait until it is gone, create it again and rerun',
      EXIT.failed,
    )
  }
  if (isForbidden(error)) return refusal('Forbidden', error.serverMessage, remedyForForbidden(error), EXIT.failed)
  if (isInvalid(error)) return invalid(error)
  if (error instanceof ApiError && error.code === 400)
    return refusal('BadRequest', error.serverMessage, 'correct the manifest', EXIT.usage)
  return undefined
}

function refusal(reason: string, message: string, remedy: string, exitCode: ExitCode): Refusal {
  return { conflict: false, reason, message, remedy, exitCode }
}

function remedyForForbidden(error: ApiError): string {
  const { verb, resource, namespace } = error.target
  return `ask for the right to ${verb} ${resource}${namespace === undefined ? '' : ` in namespace ${namespace}`}, or correct what admission names`
}

function invalid(error: ApiError): Refusal {
  const fields = [...new Set(error.causes.map(({ field }) => field ?? ''))].filter(
    (field) => field !== '' && field !== '<nil>',
  )
  const messages = [...new Set(error.causes.map(({ message }) => ruleOf(message ?? '')))].filter(
    (message) => message !== '',
  )
  const message = messages.length === 0 ? error.serverMessage : messages.join('; ')
  const remedy = fields.length === 0 ? 'correct the manifest' : `correct ${fields.join(', ')}`
  return { ...refusal('Invalid', message, remedy, EXIT.failed), path: pathOf(fields[0] ?? '') }
}

/** The rule in a cause's message; the server puts the rejected value before it (`Invalid value: "5Gi": rule`). */
function ruleOf(message: string): string {
  return message.replace(
    /^(Invalid value|Forbidden|Required value|Unsupported value): (?:("(?:[^"\\\\]|\\\\.)*"|[\w.-]+): )?/,
    '',
  )
}

/** The keys of a field path as the server writes it: `spec.network.allowFrom[0].podSelector`. */
function pathOf(field: string): (string | number)[] {
  return [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) =>
    index === undefined ? (key ?? '') : Number(index),
  )
}

/** The cluster has no Database resource yet. */
function databaseNotServed(): Refusal {
  return {
    conflict: false,
    reason: 'CRDMissing',
    message: 'the CustomResourceDefinition databases.database.example.com is not installed',
    remedy:
      'install it first: npm run apply -- -f dist/database-crd.k8s.yaml (or add -f dist/database-crd.k8s.yaml to this command)',
    exitCode: EXIT.usage,
  }
}
