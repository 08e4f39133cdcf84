import type { KubernetesObject } from '../../api/object.ts'
import type { EventObservation } from '../../phases/world.ts'

/** Warnings older than this say nothing about now, in milliseconds. */
const EVENT_AGE_MS = 10 * 60_000

/** What recent events say, newest first. */
export function warnings(events: readonly KubernetesObject[], now: number): EventObservation[] {
  return events
    .map((event): EventObservation => {
      const involved = event['involvedObject'] as { kind?: string; name?: string } | undefined
      const time = [
        event['lastTimestamp'],
        event['eventTime'],
        event['firstTimestamp'],
        event.metadata.creationTimestamp,
      ].find((candidate) => typeof candidate === 'string')
      return {
        kind: involved?.kind ?? '',
        name: involved?.name ?? '',
        reason: textOf(event['reason']),
        message: textOf(event['message']),
        time: time ?? '',
      }
    })
    .filter((event) => now - Date.parse(event.time) < EVENT_AGE_MS)
    .toSorted((left, right) => right.time.localeCompare(left.time))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
