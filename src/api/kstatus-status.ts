import type { KubernetesObject } from './object.ts'

/**
 * Status words that every tool shares.
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export type StatusWord = 'InProgress' | 'Current' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown'

/** A status and what it rests on. */
export interface ObjectStatus {
  readonly word: StatusWord
  /** One CamelCase word for programs. Absent where there is nothing to say. */
  readonly reason?: string
  /** For people. May be empty. */
  readonly message: string
}

/** A condition as most kinds write it. */
export interface StatusCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}

type Fields = Readonly<Record<string, unknown>>

/** An object's fields, none where the value is something else: a status is whatever somebody wrote. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

/** The fields of `spec`. */
export const specOf = (object: KubernetesObject): Fields => fieldsOf(object['spec'])

/** The fields of `status`. */
export const statusOf = (object: KubernetesObject): Fields => fieldsOf(object['status'])

/** A number, `undefined` where the value is something else. */
export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** A text, `undefined` where the value is something else or empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The object's condition of that type. */
export function conditionOf(object: KubernetesObject, type: string): StatusCondition | undefined {
  const conditions: unknown = statusOf(object)['conditions']
  return Array.isArray(conditions)
    ? (conditions as StatusCondition[]).find((entry) => fieldsOf(entry)['type'] === type)
    : undefined
}

/** As it should be. */
export const current = (message: string, reason?: string): ObjectStatus => statusAs('Current', message, reason)

/** On its way. */
export const inProgress = (message: string, reason?: string): ObjectStatus => statusAs('InProgress', message, reason)

/** It does not get there while nothing is changed. */
export const failed = (message: string, reason?: string): ObjectStatus => statusAs('Failed', message, reason)

function statusAs(word: StatusWord, message: string, reason: string | undefined): ObjectStatus {
  return reason === undefined ? { word, message } : { word, reason, message }
}
