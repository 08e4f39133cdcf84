import { formatObject } from '../api/object.ts'
import type { ControllerMetrics } from './controller-metrics.ts'
import type { ControllerOptions } from './controller.ts'
import { nameOf } from './database-name.ts'
import { eventOfTransition } from './event-recorder.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { JsonLog } from './json-log.ts'
import { describeSpecChange } from './spec-change.ts'

/** Where it is told what happens to databases. */
export interface Narrators {
  readonly log: JsonLog
  readonly metrics: ControllerMetrics
  readonly events: Pick<EventRecorder, 'record'>
}

/** Tells what a controller does: every step in the log, what people wait for as Events, and numbers of all of it. */
export function narrated({
  log,
  metrics,
  events,
}: Narrators): Pick<
  ControllerOptions,
  | 'onTransition'
  | 'onStatus'
  | 'onSpecChange'
  | 'onDriftCorrected'
  | 'onCircuit'
  | 'onGone'
  | 'onFinished'
  | 'onInterrupted'
> {
  return {
    onTransition: ({ key, from, to, reason, message, database }) => {
      const facts = { from, to, reason, message }
      if (from === to) {
        log.info(`${to}: ${reason}`, { database: key, message })
        return
      }
      log.transition(facts, { database: key })
      events.record(database, eventOfTransition(facts))
    },
    onStatus: (key, { phase, certificateExpires }) => {
      if (phase !== undefined) metrics.databases.setPhase(nameOf(key), phase)
      metrics.databases.setCertificateExpiry(nameOf(key), certificateExpires)
    },
    onSpecChange: (key, change, database) => {
      const message = describeSpecChange(change)
      log.info('spec changed', { database: key, ...change })
      events.record(database, { type: 'Normal', reason: 'SpecChanged', message })
    },
    onDriftCorrected: (key, object) => {
      metrics.databases.driftCorrected(nameOf(key))
      log.info('drift corrected', { database: key, object: formatObject(object) })
    },
    onCircuit: (key, circuit, database, before) => {
      const { failures } = circuit
      metrics.databases.setCircuit(nameOf(key), circuit.state)
      if (circuit.state === 'closed' && before !== undefined) {
        log.info('circuit closed', { database: key })
        events.record(database, {
          type: 'Normal',
          reason: 'CircuitClosed',
          message: 'Attempts are made as usual again.',
        })
      }
      if (circuit.state !== 'open' || before === 'half-open') return
      const message = `${failures} attempts in a row have failed; the next one is made in a minute, or when the spec changes.`
      log.warn('circuit opened', { database: key, failures })
      events.record(database, { type: 'Warning', reason: 'CircuitOpen', message })
    },
    onGone: (key) => metrics.databases.forget(nameOf(key)),
    onFinished: ({ key, result, error, againInMs, durationMs }) => {
      metrics.reconciled(result, durationMs)
      if (result === 'error') log.error('a look at a database failed', { database: key, error, againInMs })
    },
    onInterrupted: (kind, error) => {
      metrics.watchInterrupted(kind)
      log.warn('watch interrupted', { kind, error })
    },
  }
}
