/**
 * What a program imports from `cdk8s-database/impact`: the table by which `diff` and `apply` say what a change does to
 * the database that runs. Pure: it loads neither cdk8s nor anything that talks to a cluster.
 */
export { IMPACT_ROWS, impactOf, worstImpact } from './plan/impact.ts'
export type { ChangedObjects, Impact, ImpactJudgement } from './plan/impact.ts'
export type { ChangedField, ImpactRow } from './plan/impact-row.ts'
export { impactsBetween } from './plan/impact-between.ts'
export type { FieldImpact } from './plan/impact-between.ts'
export type { FieldPath } from './plan/impact-path.ts'
export type { KubernetesObject, ObjectReference } from './api/object.ts'
