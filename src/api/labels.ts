/** Labels by the recommended keys. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export type Labels = Readonly<Record<string, string>>

/** Labels that choose the pods of one Database. They never change: a StatefulSet's selector is immutable. */
export function selectorLabels(name: string): Labels {
  return { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': name }
}

/** Labels of every object of one Database. `managed-by` names the writer of the manifest, whoever applies it. */
export function objectLabels(name: string): Labels {
  return {
    ...selectorLabels(name),
    'app.kubernetes.io/component': 'database',
    'app.kubernetes.io/part-of': name,
    'app.kubernetes.io/managed-by': 'cdk8s-database',
  }
}

/**
 * Labels that choose the pods and Jobs that make dumps. Another name than the server's: no Service leads to them, and
 * whoever looks for the database's pods and volumes does not find theirs.
 */
export function backupSelectorLabels(name: string): Labels {
  return { ...selectorLabels(name), 'app.kubernetes.io/name': 'postgresql-backup' }
}

/** Labels of the objects that make dumps. */
export function backupLabels(name: string): Labels {
  return { ...objectLabels(name), ...backupSelectorLabels(name), 'app.kubernetes.io/component': 'backup' }
}

/** A label selector in the API's text form, keys in order. */
export function formatSelector(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** Labels of the controller and of everything that it runs with. */
export const CONTROLLER_LABELS: Labels = {
  'app.kubernetes.io/name': 'cdk8s-database',
  'app.kubernetes.io/component': 'controller',
}

/** Label by which the pods of standbys are told from the primary's, and its value on them. */
export const STANDBY_LABELS: Labels = { 'app.kubernetes.io/component': 'standby' }
