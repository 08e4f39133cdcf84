import type { DatabaseSpec } from '../api/spec.ts'
import type { ChildContext } from './child-context.ts'

type SpreadList = NonNullable<NonNullable<DatabaseSpec['placement']>['topologySpreadConstraints']>

/**
 * Over zones and nodes, as far as it goes. It stands there for a single instance too, where it does nothing: a template
 * that changed with the number of instances would restart the primary whenever a standby is added.
 */
const DEFAULT_SPREAD: SpreadList = [
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
]

/** What of the pod's spec says where it runs. Nothing that is not asked for, but for the spread. */
export function podPlacement({ spec, selector }: ChildContext): Readonly<Record<string, unknown>> {
  const { topologySpreadConstraints = DEFAULT_SPREAD, ...placement } = spec.placement ?? {}
  return {
    ...(asStored(placement) as object),
    ...(topologySpreadConstraints.length === 0
      ? {}
      : {
          topologySpreadConstraints: topologySpreadConstraints.map(({ maxSkew = 1, ...constraint }) => ({
            ...constraint,
            maxSkew,
            labelSelector: { matchLabels: { ...selector } },
          })),
        }),
  }
}

/** The part of it that says which nodes, for pods that belong to the database and are no instance of it. */
export function nodePlacement({ spec }: ChildContext): Readonly<Record<string, unknown>> {
  const { nodeSelector, tolerations, affinity } = spec.placement ?? {}
  const nodeAffinity = affinity?.nodeAffinity
  return asStored({
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(nodeAffinity === undefined ? {} : { affinity: { nodeAffinity } }),
  }) as Record<string, unknown>
}

/** Maps that the server does not store when they are empty; any other empty object is a choice of its own. */
const MAPS: ReadonlySet<string> = new Set(['matchLabels', 'nodeSelector'])

/** Without what the server drops: empty lists, empty maps of labels, an empty value of a toleration. */
function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key, field]) => !isDropped(key, field))
  return Object.fromEntries(kept.map(([key, field]) => [key, MAPS.has(key) ? field : asStored(field)]))
}

function isDropped(key: string, field: unknown): boolean {
  if (Array.isArray(field)) return field.length === 0
  if (MAPS.has(key)) return Object.keys(field as object).length === 0
  return key === 'value' && field === ''
}
