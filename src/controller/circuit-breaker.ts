import type { CircuitObservation } from '../phases/world.ts'

/** States of a circuit; `closed` is the good one. */
export const CIRCUIT_STATES = ['closed', 'open', 'half-open'] as const

/** One of them. */
export type CircuitState = (typeof CIRCUIT_STATES)[number]

/** Failures in a row that are borne; one more opens the circuit. */
export const TOLERATED_FAILURES = 5

/** How long an open circuit lets nothing through, in milliseconds. */
export const OPEN_MS = 60_000

/**
 * What is known of the attempts for one database, as a value. {@link admit} before an attempt, {@link afterSuccess} or
 * {@link afterFailure} after it, {@link afterNothing} where it told nothing.
 */
export interface Circuit {
  readonly state: CircuitState
  /** In a row. */
  readonly failures: number
  /** `metadata.generation` that they belong to. */
  readonly generation: number
  /** When it was opened, or half-opened; milliseconds of a clock that does not jump. Only while it is not closed. */
  readonly since?: number
}

/** What is known when an attempt is wanted. */
export interface AttemptFacts {
  /** Milliseconds of a clock that does not jump. */
  readonly nowMs: number
  /** `metadata.generation`. A new one is a new try: somebody may have put right what failed. */
  readonly generation: number
  /** Whether a person asked for it. */
  readonly isForced?: boolean
}

/** Whether an attempt may be made; `circuit` is to be kept in either case. */
export type Admission =
  | { readonly isAdmitted: true; readonly circuit: Circuit }
  /** @property retryInMs - when it is worth asking again */
  | { readonly isAdmitted: false; readonly circuit: Circuit; readonly retryInMs: number }

/** The circuit of a database of which nothing is known. */
export function closedCircuit(generation: number): Circuit {
  return { state: 'closed', failures: 0, generation }
}

/**
 * Whether an attempt may be made now. An open circuit lets one through after {@link OPEN_MS}: the probe, and nothing
 * beside it until that is told to have ended. One that is not heard of for as long is taken for dead.
 */
export function admit(circuit: Circuit, { nowMs, generation, isForced = false }: AttemptFacts): Admission {
  if (isForced || generation !== circuit.generation) return { isAdmitted: true, circuit: closedCircuit(generation) }
  if (circuit.state === 'closed') return { isAdmitted: true, circuit }
  const passedMs = Math.max(nowMs - (circuit.since ?? nowMs), 0)
  if (passedMs < OPEN_MS) return { isAdmitted: false, circuit, retryInMs: OPEN_MS - passedMs }
  return { isAdmitted: true, circuit: { ...circuit, state: 'half-open', since: nowMs } }
}

/** After an attempt that succeeded. */
export function afterSuccess(circuit: Circuit): Circuit {
  return closedCircuit(circuit.generation)
}

/** After an attempt that failed. The probe of a half-open circuit opens it again, for as long as before. */
export function afterFailure(circuit: Circuit, nowMs: number): Circuit {
  const failures = circuit.failures + 1
  const isOpen = circuit.state !== 'closed' || failures > TOLERATED_FAILURES
  // What was begun before it opened and fails afterwards does not keep it open for longer.
  const since = circuit.state === 'open' ? (circuit.since ?? nowMs) : nowMs
  return { ...circuit, failures, ...(isOpen ? { state: 'open', since } : {}) }
}

/** After an attempt that was given up and tells nothing: the next one is the probe, without a wait. */
export function afterNothing(circuit: Circuit, nowMs: number): Circuit {
  return circuit.state === 'half-open' ? { ...circuit, state: 'open', since: nowMs - OPEN_MS } : circuit
}

/** What decisions need to know of a circuit; `undefined` where it is closed. */
export function observedCircuit({ state, since }: Circuit, nowMs: number): CircuitObservation | undefined {
  if (state === 'closed') return undefined
  const passedMs = Math.max(nowMs - (since ?? nowMs), 0)
  return { retryInMs: state === 'half-open' ? 0 : Math.max(OPEN_MS - passedMs, 0) }
}
