/**
 * The parts of other tools' files that the examples use, as far as their references say; closed, so that a field that
 * is misspelt or stands in the wrong place is a failure. The real schemas are thousands of lines.
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 * @see https://fluxcd.io/flux/components/source/gitrepositories/
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 */
import * as z from 'zod'

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
const duration = z.string().regex(/^\d+[smh]$/)
const metadata = z.strictObject({ name, namespace: name, annotations: z.record(z.string(), z.string()).optional() })
const repository = z.url({ protocol: /^https$/ })

/** An Application of Argo CD. */
export const application = z.strictObject({
  apiVersion: z.literal('argoproj.io/v1alpha1'),
  kind: z.literal('Application'),
  metadata,
  spec: z.strictObject({
    project: name,
    source: z.strictObject({ repoURL: repository, targetRevision: z.string(), path: z.string() }),
    destination: z.strictObject({ server: z.url() }),
    syncPolicy: z.strictObject({
      automated: z.strictObject({ prune: z.boolean(), selfHeal: z.boolean() }),
      syncOptions: z.array(z.enum(['ServerSideApply=true'])),
      retry: z.strictObject({
        limit: z.int(),
        backoff: z.strictObject({ duration, factor: z.int(), maxDuration: duration }),
      }),
    }),
  }),
})

/** A GitRepository of Flux. */
export const gitRepository = z.strictObject({
  apiVersion: z.literal('source.toolkit.fluxcd.io/v1'),
  kind: z.literal('GitRepository'),
  metadata,
  spec: z.strictObject({ interval: duration, url: repository, ref: z.strictObject({ branch: z.string() }) }),
})

/** A Kustomization of Flux. */
export const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.toolkit.fluxcd.io/v1'),
  kind: z.literal('Kustomization'),
  metadata,
  spec: z.strictObject({
    interval: duration,
    retryInterval: duration.optional(),
    timeout: duration,
    path: z.string().startsWith('./'),
    prune: z.boolean(),
    wait: z.boolean(),
    sourceRef: z.strictObject({ kind: z.literal('GitRepository'), name }),
    healthCheckExprs: z.array(
      z.strictObject({
        apiVersion: z.string(),
        kind: z.string(),
        inProgress: z.string(),
        failed: z.string(),
        current: z.string(),
      }),
    ),
  }),
})

const permissions = z.strictObject({
  contents: z.literal('read'),
  'pull-requests': z.literal('write').optional(),
})
const step = z.union([
  z.strictObject({
    uses: z.string().regex(/^actions\/(checkout|setup-node)@v\d+$/),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  z.strictObject({ name: z.string().optional(), env: z.record(z.string(), z.string()).optional(), run: z.string() }),
])

/** A workflow of GitHub Actions. */
export const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ pull_request: z.null(), push: z.strictObject({ branches: z.array(z.string()) }) }),
  permissions,
  concurrency: z.strictObject({ group: z.string() }),
  jobs: z.record(
    name,
    z.strictObject({
      name: z.string(),
      if: z.string().optional(),
      needs: z.string().optional(),
      'runs-on': z.literal('ubuntu-latest'),
      'timeout-minutes': z.int(),
      permissions: permissions.optional(),
      steps: z.array(step),
    }),
  ),
})
