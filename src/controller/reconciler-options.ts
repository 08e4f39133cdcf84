import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import type { DatabaseStatus, Phase } from '../api/status.ts'
import type { PassOptions } from '../applier/databases/database-pass.ts'
import type { Cause } from '../phases/outcome.ts'
import type { Circuit, CircuitState } from './circuit-breaker.ts'
import type { SpecChange } from './spec-change.ts'

/** A change of a database's phase, or of the reason for which it waits in one. */
export interface Transition {
  /** `namespace/name` */
  readonly key: string
  readonly from: Phase | undefined
  readonly to: Phase
  readonly reason: string
  readonly message: string
  readonly database: KubernetesObject
}

/** How databases are reconciled. */
export interface ReconcilerOptions extends Pick<PassOptions, 'route' | 'paceMs' | 'probe' | 'now'> {
  /** Milliseconds of a clock that does not jump. */
  readonly steadyNow: () => number
  /** Aborted when this process must write no more. */
  readonly stop: AbortSignal
  readonly onTransition: (transition: Transition) => void
  /** Told of a status as it is found and as it is written, also where it says nothing new: a process that was started anew knows none. */
  readonly onStatus?: (key: string, status: DatabaseStatus) => void
  /** Told of each object that somebody else had changed beside a Ready database, when it was put right. */
  readonly onDriftCorrected: (key: string, object: ObjectReference) => void
  /** Told when a database is looked at for the first time with a new spec, whatever its phase. */
  readonly onSpecChange?: (key: string, change: SpecChange, database: KubernetesObject) => void
  /** Told when the circuit of a database opens or closes. */
  readonly onCircuit: (key: string, circuit: Circuit, database: KubernetesObject, before?: CircuitState) => void
  /** What of databases in a namespace may not be seen at the moment; nothing is done about them then. */
  readonly missingIn?: (namespace: string) => Cause | undefined
  /** Told when a database is gone. */
  readonly onGone: (key: string) => void
}
