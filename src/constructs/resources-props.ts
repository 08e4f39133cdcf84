import type { Size } from 'cdk8s'
import type { Cpu } from 'cdk8s-plus-28'

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
