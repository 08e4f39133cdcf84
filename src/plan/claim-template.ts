import type { KubernetesObject } from '../api/object.ts'

/** The part of a claim template that is read here. */
export interface ClaimTemplate {
  readonly metadata?: { readonly name?: string }
  readonly spec?: {
    readonly storageClassName?: string
    readonly resources?: { readonly requests?: { readonly storage?: string | number } }
  }
}

/** The claim templates of a StatefulSet. */
export function claimTemplates(statefulSet: KubernetesObject): readonly ClaimTemplate[] {
  const spec = statefulSet['spec'] as { volumeClaimTemplates?: readonly ClaimTemplate[] } | undefined
  return spec?.volumeClaimTemplates ?? []
}

/**
 * The template that a claim is made from, told by its name: `<template>-<StatefulSet>-<number>`.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#volume-claim-templates
 */
export function templateOfClaim(statefulSet: KubernetesObject, claim: string): ClaimTemplate | undefined {
  return claimTemplates(statefulSet).find(({ metadata }) => {
    const beginning = `${metadata?.name ?? ''}-${statefulSet.metadata.name}-`
    return claim.startsWith(beginning) && /^\d+$/.test(claim.slice(beginning.length))
  })
}

/** What tells the size that a StatefulSet's templates ask for a claim of that name; `undefined` for claims of others. */
export function claimSizes(statefulSet: KubernetesObject): (claim: string) => string | undefined {
  return (claim) => {
    const storage = templateOfClaim(statefulSet, claim)?.spec?.resources?.requests?.storage
    return storage === undefined ? undefined : String(storage)
  }
}
