import type { ObjectQuery } from '../applier/cluster/cluster-api.ts'
import type { Cause } from '../phases/outcome.ts'

/** Reason of `Degraded` while something that decides may not be seen. */
const FORBIDDEN = 'Forbidden'

/**
 * What the controller is not allowed to see at the moment. A view that lacks a kind looks as if there were no such
 * objects, and what follows from that is not to be done: a new password beside data that exists, a StatefulSet made
 * anew. So nothing is done about a database before everything of it can be seen again.
 */
export class Sight {
  readonly #lost = new Map<ObjectQuery, string>()

  /** @returns whether it was news that this may not be seen */
  lose(query: ObjectQuery, message: string): boolean {
    const isNews = !this.#lost.has(query)
    this.#lost.set(query, message)
    return isNews
  }

  /** @returns whether it was lost */
  regain(query: ObjectQuery): boolean {
    return this.#lost.delete(query)
  }

  /** What is missing of databases in that namespace; `undefined` where everything can be seen. */
  missingIn(namespace: string): Cause | undefined {
    const messages = [...this.#lost].filter(([query]) => covers(query, namespace)).map(([, message]) => message)
    return messages.length === 0 ? undefined : { reason: FORBIDDEN, message: messages.toSorted().join('; ') }
  }
}

/** Whether a collection holds objects of that namespace. */
export function covers({ namespace: scope }: ObjectQuery, namespace: string): boolean {
  return scope === undefined || scope === namespace
}
