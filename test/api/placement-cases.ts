/** Placements, valid and not, with what must be said about each. Part of the table in `specs.ts`. */
import type { SpecCase } from './specs.ts'

const accepted = (title: string, placement: object): SpecCase => ({ title, spec: { placement }, messages: [] })
const refused = (title: string, placement: object, ...messages: string[]): SpecCase => ({
  title,
  spec: { placement },
  messages,
})

const LABELS = 'placement.nodeSelector must name labels as Kubernetes writes them, for example app: shop'
const TAINT = 'placement.tolerations must name a key, or bear every taint with operator: Exists'
const TWICE = 'placement.topologySpreadConstraints must name each topologyKey once for each whenUnsatisfiable'
const zone = (whenUnsatisfiable: string, more: object = {}): object => ({
  topologyKey: 'topology.kubernetes.io/zone',
  whenUnsatisfiable,
  ...more,
})
const expression = (one: object): object => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'example.com/cores', ...one }] }],
      },
    },
  },
})
const away = (term: object): object => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } }, ...term },
      ],
    },
  },
})

export const PLACEMENTS: readonly SpecCase[] = [
  accepted('nothing', {}),
  accepted('a label of nodes with an empty value', { nodeSelector: { 'node-role.example.com/db': '' } }),
  accepted('a key of the greatest length', { nodeSelector: { [`${'p'.repeat(253)}/${'n'.repeat(63)}`]: 'x' } }),
  refused('a name in a key that is too long', { nodeSelector: { ['n'.repeat(64)]: 'x' } }, LABELS),
  refused('a label value with a space', { nodeSelector: { pool: 'the databases' } }, LABELS),
  accepted('every taint', { tolerations: [{ operator: 'Exists' }] }),
  accepted('a taint of one value', {
    tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }],
  }),
  accepted('a taint for a while', { tolerations: [{ key: 'a', effect: 'NoExecute', tolerationSeconds: 0 }] }),
  refused('a taint without a key', { tolerations: [{ value: 'b' }] }, TAINT),
  refused('nothing for a taint', { tolerations: [{}] }, TAINT),
  refused(
    'any value and one value',
    { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
    'placement.tolerations must leave value out where operator is Exists: any value will do',
  ),
  refused(
    'an end without an effect that ends',
    { tolerations: [{ key: 'a', tolerationSeconds: 60 }] },
    'placement.tolerations must say effect: NoExecute beside tolerationSeconds: no other effect ends anything',
  ),
  refused(
    'a taint with a space',
    { tolerations: [{ key: 'a b' }] },
    'placement.tolerations.key must be the key of a taint, for example dedicated or example.com/dedicated',
  ),
  refused(
    'an effect that does not exist',
    { tolerations: [{ key: 'a', effect: 'NoRun' }] },
    'spec.placement.tolerations.0.effect: invalid option: expected one of "NoSchedule"|"PreferNoSchedule"|"NoExecute"',
  ),
  accepted('no spread at all', { topologySpreadConstraints: [] }),
  accepted('one key hard and soft', {
    topologySpreadConstraints: [zone('DoNotSchedule', { maxSkew: 2 }), zone('ScheduleAnyway')],
  }),
  refused('one key twice', { topologySpreadConstraints: [zone('ScheduleAnyway'), zone('ScheduleAnyway')] }, TWICE),
  refused(
    'no difference at all',
    { topologySpreadConstraints: [zone('ScheduleAnyway', { maxSkew: 0 })] },
    'spec.placement.topologySpreadConstraints.0.maxSkew: placement.topologySpreadConstraints.maxSkew must be at least 1',
  ),
  accepted('nodes with more than eight cores', expression({ operator: 'Gt', values: ['8'] })),
  accepted('nodes with a label', expression({ operator: 'Exists' })),
  refused(
    'no values to be among',
    expression({ operator: 'In', values: [] }),
    'placement.affinity must list values where operator is In or NotIn',
  ),
  refused(
    'values where none are compared',
    expression({ operator: 'DoesNotExist', values: ['a'] }),
    'placement.affinity must leave values out where operator is Exists or DoesNotExist',
  ),
  refused(
    'more than a word',
    expression({ operator: 'Gt', values: ['many'] }),
    'placement.affinity must give one whole number where operator is Gt or Lt',
  ),
  refused(
    'a value with a space',
    expression({ operator: 'In', values: ['a b'] }),
    'placement.affinity must name values of labels: letters, digits, dashes, dots and underscores',
  ),
  accepted('away from the databases of every namespace', away({ namespaceSelector: { matchLabels: {} } })),
  refused(
    'a place that no label can name',
    away({ topologyKey: 'the host' }),
    'placement.affinity must name keys of labels, for example topology.kubernetes.io/zone',
  ),
  refused(
    'pods by a label that cannot be',
    away({ labelSelector: { matchLabels: { 'a b': 'c' } } }),
    'placement.affinity must name labels as Kubernetes writes them, for example app: shop',
  ),
  refused(
    'a priority class that cannot be the name of one',
    { priorityClassName: 'Very High' },
    'placement.priorityClassName must be the name of a PriorityClass: lower-case letters, digits, dashes and dots',
  ),
]
