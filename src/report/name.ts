import type { ObjectReference } from '../api/object.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { isRefused } from './actions.ts'
import type { Event, Reporter } from './event.ts'
import { printTrouble } from './messages.ts'
import type { Output } from './output.ts'

/**
 * Prints `kind.group/name` of every object that was changed, once, as `kubectl -o name` does; where nothing is written
 * (`diff`, `--dry-run`), of every object that would be.
 */
export class NameReporter implements Reporter {
  readonly #output: Output
  readonly #printed = new Set<string>()
  #planned: readonly PlannedChange[] = []

  constructor(output: Output) {
    this.#output = output
  }

  report(event: Event): void {
    printTrouble(event, this.#output)
    if (event.type === 'planned') this.#planned = event.changes
    if (event.type === 'applied') this.#print(event.object)
    if (event.type === 'finished' && event.summary.pending > 0) {
      const pending = this.#planned.filter(
        (change) => change.action !== 'unchanged' && change.action !== 'keep' && !isRefused(change),
      )
      for (const { object } of pending) this.#print(object)
    }
  }

  close(): void {
    // Every name has been printed already.
  }

  #print(object: ObjectReference): void {
    const key = `${object.namespace ?? ''} ${formatName(object)}`
    if (this.#printed.has(key)) return
    this.#printed.add(key)
    this.#output.data(`${formatName(object)}\n`)
  }
}

/** `statefulset.apps/orders`, `secret/orders`. */
export function formatName({ apiVersion, kind, name }: ObjectReference): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : ''
  return `${kind.toLowerCase()}${group}/${name}`
}
