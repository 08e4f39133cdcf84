import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import type { SpecChange } from './impact-cases.ts'

type Placement = NonNullable<DatabaseSpecInput['placement']>

const placed = (field: string, before: Placement | undefined, after: Placement): SpecChange => ({
  field: `spec.placement.${field}`,
  before: before === undefined ? {} : { placement: before },
  after: { placement: after },
})

const zone = { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' } as const

/** A change of every field of `spec.placement`. */
export const PLACEMENT_CHANGES: readonly SpecChange[] = [
  placed('nodeSelector.any', undefined, { nodeSelector: { pool: 'databases' } }),
  placed('tolerations[0].key', undefined, { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
  placed(
    'tolerations[0].value',
    { tolerations: [{ key: 'dedicated', value: 'a' }] },
    { tolerations: [{ key: 'dedicated', value: 'b' }] },
  ),
  placed('affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey', undefined, {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } },
        ],
      },
    },
  }),
  placed('topologySpreadConstraints[0].maxSkew', undefined, { topologySpreadConstraints: [{ ...zone, maxSkew: 2 }] }),
  placed('topologySpreadConstraints', undefined, { topologySpreadConstraints: [] }),
  placed('priorityClassName', undefined, { priorityClassName: 'databases' }),
]
