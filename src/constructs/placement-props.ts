import type { LabelSelectorProps } from './label-selector-props.ts'

/** On which nodes the pods run, and before whom. A change of any of it replaces the pods. */
export interface PlacementProps {
  /** Labels that a node must have. @default none */
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** Taints of nodes that keep the pods out no longer. @default none */
  readonly tolerations?: readonly TolerationProps[]
  /** Nodes and neighbours, in the form of a pod's `affinity`. @default none */
  readonly affinity?: AffinityProps
  /**
   * How the instances of this database are spread. An empty list spreads nothing.
   * @default over zones (`topology.kubernetes.io/zone`) and nodes (`kubernetes.io/hostname`), as far as it goes
   */
  readonly topologySpreadConstraints?: readonly TopologySpreadProps[]
  /** PriorityClass of the pods: who goes first when a node is full. It must exist. @default the cluster's default class */
  readonly priorityClassName?: string
}

/** Over which places instances are spread. */
export interface TopologySpreadProps {
  /** Label of nodes whose value names the place. */
  readonly topologyKey: string
  /** Whether a pod waits rather than stand where too many are (`DoNotSchedule`). */
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  /** By how many pods two places may differ. @default 1 */
  readonly maxSkew?: number
}

/** A taint that is borne: of one value, or of any. @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export type TolerationProps = TolerationEffectProps &
  (
    | { readonly key: string; readonly operator?: 'Equal'; readonly value?: string }
    | { readonly key?: string; readonly operator: 'Exists'; readonly value?: never }
  )

/** What the taint would do, and for how long that is borne. */
type TolerationEffectProps =
  | { readonly effect?: 'NoSchedule' | 'PreferNoSchedule'; readonly tolerationSeconds?: never }
  | {
      readonly effect: 'NoExecute'
      /** @default for ever */
      readonly tolerationSeconds?: number
    }

/** Nodes and neighbours. @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity */
export interface AffinityProps {
  /** Which nodes, where `nodeSelector` does not say enough. @default any */
  readonly nodeAffinity?: NodeAffinityProps
  /** Pods near which an instance should run. @default none */
  readonly podAffinity?: PodAffinityProps
  /** Pods from which an instance should keep away. @default none */
  readonly podAntiAffinity?: PodAffinityProps
}

/** Nodes that come into question, and those that are preferred. */
export interface NodeAffinityProps {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    /** One of these must be true. */
    readonly nodeSelectorTerms: readonly NodeTermProps[]
  }
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    /** 1 to 100. */
    readonly weight: number
    readonly preference: NodeTermProps
  }[]
}

/** All of these must be true of a node. */
export interface NodeTermProps {
  readonly matchExpressions: readonly NodeExpressionProps[]
}

/** How a label of a node is compared. */
export type NodeExpressionProps =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: readonly [string, ...string[]] }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist'; readonly values?: never }
  | { readonly key: string; readonly operator: 'Gt' | 'Lt'; readonly values: readonly [string] }

/** Pods that an instance must or should stand beside, or keep away from. */
export interface PodAffinityProps {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTermProps[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    /** 1 to 100. */
    readonly weight: number
    readonly podAffinityTerm: PodTermProps
  }[]
}

/** Pods by their labels, and how large a place is. */
export interface PodTermProps {
  /** Label of nodes whose value names the place: `kubernetes.io/hostname`. */
  readonly topologyKey: string
  readonly labelSelector: LabelSelectorProps
  /** Namespaces of these pods; no label stands for every namespace. @default that of the Database */
  readonly namespaceSelector?: LabelSelectorProps
}
