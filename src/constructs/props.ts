import type { Size } from 'cdk8s'
import type { Cpu } from 'cdk8s-plus-28'
import type { HandedOverField } from '../api/handed-over.ts'
import type { PostgresMajor } from '../api/image-reference.ts'
import type { StorageLayout } from '../api/storage-schema.ts'

/** CPU and memory of one side (requests or limits). */
export interface ResourceListProps {
  /** Cores: `Cpu.millis(500)`, `'500m'`, `2`. At least 50m. */
  readonly cpu?: Cpu | string | number
  /** Bytes: `Size.gibibytes(1)`, `'1Gi'`. At least 128Mi. */
  readonly memory?: Size | string | number
}

/** CPU and memory of the PostgreSQL container. */
export interface ResourcesProps {
  /** What the scheduler reserves. @default the limits, or 500m and 512Mi */
  readonly requests?: ResourceListProps
  /** What the container may use at most. @default the requests, which makes the pod Guaranteed */
  readonly limits?: ResourceListProps
}

/** Something that must be there before the database is provisioned: an object, or an address that answers. */
export type DependencyProps =
  | {
      readonly object: {
        readonly apiVersion: string
        readonly kind: string
        /** Name, in the database's namespace (or cluster-scoped). */
        readonly name: string
        /** Condition of the object that must be `True`. @default existing is enough */
        readonly condition?: string
      }
    }
  | {
      /** `host:port` that must accept a TCP connection. Loopback, link-local and metadata addresses are refused. */
      readonly address: string
    }

/** A peer that may connect: at least one of the two selectors. */
export type PeerProps =
  | { readonly podSelector: LabelSelectorProps; readonly namespaceSelector?: LabelSelectorProps }
  | { readonly namespaceSelector: LabelSelectorProps }

/** All of these labels. */
export interface LabelSelectorProps {
  readonly matchLabels: Readonly<Record<string, string>>
}

/** Properties of a `Database`. */
export interface DatabaseProps {
  /**
   * Name of the resource; names of everything else derive from it.
   * @default the construct's id
   */
  readonly name?: string
  /** Namespace. @default the chart's namespace; none where the chart has none */
  readonly namespace?: string
  /** Labels of the Database resource, beside the recommended ones. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** Annotations of the Database resource. @default none */
  readonly annotations?: Readonly<Record<string, string>>
  /**
   * Container image with a tag or a digest.
   * @see https://hub.docker.com/_/postgres
   */
  readonly image: string
  /** PostgreSQL major of the image, where its tag does not tell. @default the major of the tag */
  readonly postgresVersion?: PostgresMajor
  /** Instances. This version runs one. @default 1 */
  readonly replicas?: 1
  /** Database to create, owned by `username`. Cannot be changed later. */
  readonly databaseName: string
  /** Application role to create; not a superuser. Cannot be changed later. */
  readonly username: string
  /** The volume. */
  readonly storage: {
    /** Size: `Size.gibibytes(10)`, `'10Gi'`. It can grow, never shrink. */
    readonly size: Size | string
    /** StorageClass. Cannot be changed later. @default the cluster's default class */
    readonly storageClassName?: string
    /**
     * How the data lies on a volume that was there before: `legacy` for a StatefulSet that was written by hand for the
     * official image and is taken over. Cannot be changed later. @default a directory for each major
     */
    readonly layout?: StorageLayout
    /** Name of the claim template of the StatefulSet that is taken over. Needs `layout`. @default 'data' */
    readonly claimTemplate?: string
  }
  /** CPU and memory. @default 500m and 512Mi, requests equal to limits */
  readonly resources?: ResourcesProps
  /**
   * Settings of postgresql.conf.
   * @default derived from the memory limit and the volume's size
   * @see https://www.postgresql.org/docs/current/runtime-config.html
   */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>
  /** A Secret that somebody else keeps. @default a password generated once, in the cluster */
  readonly credentials?: {
    readonly existingSecret: {
      readonly name: string
      /** @default 'password' */
      readonly passwordKey?: string
    }
  }
  /** Who may connect. @default pods of the namespace labelled `database.example.com/client-of: <name>` */
  readonly network?: { readonly allowFrom?: readonly PeerProps[] }
  /** What must be there first. @default nothing */
  readonly dependencies?: readonly DependencyProps[]
  /**
   * Fields of the children that are left out of them, because another manager (an autoscaler, a network operator) owns
   * them. It must set them before they stand here: what nobody owns any more is removed.
   * @default none
   */
  readonly handedOver?: readonly HandedOverField[]
  /** What happens to volumes and credentials when the Database is deleted. @default 'Retain' */
  readonly deletionPolicy?: 'Retain' | 'Delete'
  /** Leave everything as it is. @default false */
  readonly paused?: boolean
  /**
   * `rendered`: the children stand in the output beside the Database, for Argo CD, Flux or the applier to apply.
   * `reconciled`: only the Database is written; whoever reconciles it makes the children with this same construct.
   * @default 'rendered'
   */
  readonly children?: 'rendered' | 'reconciled'
}
