/** Annotation by which Argo CD is told what to do with an object beyond applying it, comma-separated. */
const ARGO_SYNC_OPTIONS = 'argocd.argoproj.io/sync-options'

/** Argo CD neither prunes the object nor deletes it with its application. */
export const KEPT_BY_ARGO_CD = { [ARGO_SYNC_OPTIONS]: 'Prune=false,Delete=false' } as const

/**
 * For what must outlive its manifest, whatever happens to that: Argo CD, Helm and Flux leave it alone when it disappears
 * from Git, and when the application, release or Kustomization is deleted.
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
 * @see https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-behavior-of-resources
 */
export const KEPT = {
  ...KEPT_BY_ARGO_CD,
  'helm.sh/resource-policy': 'keep',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
} as const

/**
 * For what a person may delete by a second word: Argo CD asks; Flux cannot ask and leaves it. Nothing for Helm, because
 * Argo CD takes Helm's word as "never delete" and would not ask any more.
 */
export const KEPT_UNLESS_CONFIRMED = {
  [ARGO_SYNC_OPTIONS]: 'Prune=confirm,Delete=confirm',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
} as const

/**
 * For what holds fields that are not in its manifest and must stay. Flux takes over the fields that kubectl or a manager
 * named in `--override-manager` wrote, and removes them because Git does not have them; older versions match that name
 * by its beginning, so that `cdk8s-database` means `cdk8s-database-credentials` too. A password that a person restored
 * with kubectl, or that we made, would be gone with the next reconciliation.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-behavior-of-resources
 */
export const KEYS_OF_OTHERS_STAY = { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } as const

/**
 * For a claim whose volume is made when its first pod comes, which may be tonight: Argo CD would show the application
 * as Progressing until then.
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#ignoring-child-resource-health-check-in-applications
 */
export const HEALTH_IGNORED = { 'argocd.argoproj.io/ignore-healthcheck': 'true' } as const

/**
 * For what holds shell scripts: Flux's `postBuild` would put its own variables, or nothing, where a script says `${…}`.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export const NOT_SUBSTITUTED = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } as const
