import { PHASES } from '../api/status.ts'
import type { Phase } from '../api/status.ts'
import { CIRCUIT_STATES } from './circuit-breaker.ts'
import type { CircuitState } from './circuit-breaker.ts'
import { keyOf } from './database-name.ts'
import type { DatabaseName } from './database-name.ts'
import type { Counter, Gauge, Labels, MetricsRegistry } from './metrics.ts'

/** What is shown of a database. */
interface Shown {
  phase?: Phase
  state?: CircuitState
  expires?: string | undefined
}

/** What is known of each database. The series of one end with {@link forget}. */
export class DatabaseMetrics {
  readonly #phases: Gauge
  readonly #circuits: Gauge
  readonly #certificates: Gauge
  readonly #drift: Counter
  /** What is shown of each database, so that only what changes costs anything. */
  readonly #shown = new Map<string, Shown>()

  /** @param registry - where the series are to stand */
  constructor(registry: MetricsRegistry) {
    const ofDatabase = ['namespace', 'name']
    this.#phases = registry.gauge({
      name: 'database_phase',
      help: 'Whether the database is in this phase: 1 for the one that it is in, 0 for the others',
      labels: [...ofDatabase, 'phase'],
    })
    this.#circuits = registry.gauge({
      name: 'database_circuit_state',
      help: 'Whether the circuit breaker of the database is in this state: 1 for the one that it is in, 0 for the others',
      labels: [...ofDatabase, 'state'],
    })
    this.#certificates = registry.gauge({
      name: 'database_certificate_expiry_timestamp_seconds',
      help: 'When the certificate ends that the server of the database presented to the last login that succeeded, as Unix time',
      labels: ofDatabase,
    })
    this.#drift = registry.counter({
      name: 'database_drift_corrected_total',
      help: 'Total number of objects of the database that were changed by somebody else and put right',
      labels: ofDatabase,
    })
  }

  /** The phase of a database. */
  setPhase(database: DatabaseName, phase: Phase): void {
    const shown = this.#shownOf(database)
    if (shown.phase === phase) return
    const labels = labelsOf(database)
    if (shown.phase === undefined) this.#drift.add(labels, 0)
    for (const other of PHASES) this.#phases.set({ ...labels, phase: other }, other === phase ? 1 : 0)
    shown.phase = phase
  }

  /** The state of the circuit breaker of a database. */
  setCircuit(database: DatabaseName, state: CircuitState): void {
    const shown = this.#shownOf(database)
    if (shown.state === state) return
    for (const other of CIRCUIT_STATES)
      this.#circuits.set({ ...labelsOf(database), state: other }, other === state ? 1 : 0)
    shown.state = state
  }

  /** When the certificate of a database ends, as in its status; nothing is shown of one without. */
  setCertificateExpiry(database: DatabaseName, expires: string | undefined): void {
    const shown = this.#shownOf(database)
    if (shown.expires === expires) return
    if (expires === undefined) this.#certificates.remove(labelsOf(database))
    else this.#certificates.set(labelsOf(database), Date.parse(expires) / 1000)
    shown.expires = expires
  }

  /** Objects of a database were put right. */
  driftCorrected(database: DatabaseName, objects = 1): void {
    this.#drift.add(labelsOf(database), objects)
  }

  /** Ends the series of a database that is gone. */
  forget(database: DatabaseName): void {
    const labels = labelsOf(database)
    for (const phase of PHASES) this.#phases.remove({ ...labels, phase })
    for (const state of CIRCUIT_STATES) this.#circuits.remove({ ...labels, state })
    this.#certificates.remove(labels)
    this.#drift.remove(labels)
    this.#shown.delete(keyOf(database))
  }

  #shownOf(database: DatabaseName): Shown {
    const key = keyOf(database)
    const shown = this.#shown.get(key) ?? {}
    this.#shown.set(key, shown)
    return shown
  }
}

function labelsOf({ namespace, name }: DatabaseName): Labels {
  return { namespace, name }
}
