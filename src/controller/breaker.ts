import type { AttemptResult } from '../applier/databases/database-pass.ts'
import type { CircuitObservation } from '../phases/world.ts'
import { admit, afterFailure, afterNothing, afterSuccess, closedCircuit, observedCircuit } from './circuit-breaker.ts'
import type { Circuit, CircuitState } from './circuit-breaker.ts'

/** Told when the state of a circuit changes; `before` is absent the first time. */
export type CircuitListener = (circuit: Circuit, before: CircuitState | undefined) => void

/** The circuit of one generation of a database, with its clock. A new generation begins with another one. */
export class Breaker {
  readonly #generation: number
  readonly #steadyNow: () => number
  readonly #tell: CircuitListener
  #circuit: Circuit
  #shown: CircuitState | undefined

  /** @param shown the state that was told last, of an earlier generation */
  constructor(generation: number, shown: CircuitState | undefined, steadyNow: () => number, tell: CircuitListener) {
    this.#generation = generation
    this.#circuit = closedCircuit(generation)
    this.#shown = shown
    this.#steadyNow = steadyNow
    this.#tell = tell
  }

  /** The state that was told last. */
  get shown(): CircuitState | undefined {
    return this.#shown
  }

  /** What decisions need to know of it. */
  observed(): CircuitObservation | undefined {
    return observedCircuit(this.#circuit, this.#steadyNow())
  }

  /** Asks for an attempt. @returns milliseconds after which to ask again; `undefined` where it may be made now */
  holds(isForced: boolean): number | undefined {
    const facts = { nowMs: this.#steadyNow(), generation: this.#generation, isForced }
    const admission = admit(this.#circuit, facts)
    this.#set(admission.circuit)
    return admission.isAdmitted ? undefined : admission.retryInMs
  }

  /** Takes over what became of an attempt; `undefined` where it told nothing, or none was made. */
  after(attempt: AttemptResult | undefined): void {
    const nowMs = this.#steadyNow()
    if (attempt === undefined) this.#set(afterNothing(this.#circuit, nowMs))
    else this.#set(attempt === 'succeeded' ? afterSuccess(this.#circuit) : afterFailure(this.#circuit, nowMs))
  }

  #set(circuit: Circuit): void {
    const before = this.#shown
    this.#circuit = circuit
    this.#shown = circuit.state
    if (before !== circuit.state) this.#tell(circuit, before)
  }
}
