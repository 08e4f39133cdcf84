/**
 * Definitions of other projects' kinds, as far as the API server needs them to keep such objects: nobody acts on these here,
 * and what they may hold is checked where it is written.
 */
import { vi } from 'vitest'
import type { ControlPlane } from './control-plane.ts'

/** The kinds, by their plural. */
const KINDS = {
  volumesnapshots: { group: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', singular: 'volumesnapshot' },
  podmonitors: { group: 'monitoring.coreos.com', kind: 'PodMonitor', singular: 'podmonitor' },
  prometheusrules: { group: 'monitoring.coreos.com', kind: 'PrometheusRule', singular: 'prometheusrule' },
} as const

/** Installs definitions; several test files may do so at the same time, and they stay. */
export async function installForeignDefinitions(
  controlPlane: Pick<ControlPlane, 'request'>,
  plurals: readonly (keyof typeof KINDS)[],
): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  for (const plural of plurals) {
    const { group, ...names } = KINDS[plural]
    const body = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        // A group that belongs to Kubernetes asks for who approved it.
        annotations: { 'api-approved.kubernetes.io': 'unapproved, experimental-only' },
      },
      spec: {
        group,
        scope: 'Namespaced',
        names: { ...names, plural, listKind: `${names.kind}List` },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: anything } }],
      },
    }
    const { status, body: reply } = await controlPlane.request('POST', path, { body })
    if (status !== 201 && status !== 409) throw new Error(JSON.stringify(reply))
    await vi.waitFor(
      async () => {
        const served = await controlPlane.request('GET', `/apis/${group}/v1/namespaces/default/${plural}`)
        if (served.status !== 200) throw new Error(`${plural} are not served yet`)
      },
      { timeout: 30_000, interval: 100 },
    )
  }
}
