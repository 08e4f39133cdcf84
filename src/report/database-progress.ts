import { API_VERSION, KIND } from '../api/group.ts'
import type { Phase } from '../api/status.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { formatCount, formatNumber } from './figures.ts'

/** Names that stand in the list of what failed. */
const NAMED = 20

/** How far the databases of a run are. */
export class DatabaseProgress {
  #total = 0
  readonly #phases = new Map<string, Phase>()
  readonly #ready = new Set<string>()
  readonly #failed = new Map<string, string>()

  /** Databases of the plan. */
  get total(): number {
    return this.#total
  }

  /** Databases that are ready or failed so far. */
  get judged(): number {
    return this.#ready.size + this.#failed.size
  }

  /** Databases that failed so far. */
  get failed(): number {
    return this.#failed.size
  }

  /** Notes what there is to do. */
  planned(changes: readonly PlannedChange[]): void {
    this.#total = changes.filter(({ object }) => object.kind === KIND && object.apiVersion === API_VERSION).length
  }

  /** @param database `shop/orders` */
  moved(database: string, to: Phase): void {
    this.#phases.set(database, to)
  }

  /** @param database `shop/orders` */
  ready(database: string): void {
    this.#ready.add(database)
    this.#failed.delete(database)
  }

  /** Notes a failure. @returns whether it is that of a database */
  failedBecause(subject: string, reason: string): boolean {
    if (!subject.startsWith(`${KIND} `)) return false
    this.#failed.set(subject.slice(KIND.length + 1), reason)
    return true
  }

  /** `[312/1,000 ready] 2 failed · 64 Deploying · 8 Verifying` */
  format(): string {
    const busy = [...this.#phases].filter(([database]) => !this.#ready.has(database) && !this.#failed.has(database))
    const phases = [...Map.groupBy(busy, ([, phase]) => phase)].map(
      ([phase, members]) => `${formatNumber(members.length)} ${phase}`,
    )
    const failed = this.failed === 0 ? [] : [`${formatNumber(this.failed)} failed`]
    return [
      `[${formatNumber(this.#ready.size)}/${formatNumber(this.#total)} ready]`,
      [...failed, ...phases].join(' · '),
    ]
      .join(' ')
      .trimEnd()
  }

  /** `ready: 988 of 1,000 databases` */
  formatReady(): string {
    return `ready: ${formatNumber(this.#ready.size)} of ${formatCount(this.#total, 'database')}`
  }

  /** `failed: 2 of 1,000 databases: shop/a (ErrImagePull), shop/b (…)`; `undefined` where none did. */
  formatFailed(): string | undefined {
    if (this.failed === 0) return undefined
    const named = [...this.#failed].slice(0, NAMED).map(([database, reason]) => `${database} (${reason})`)
    const more = this.failed > NAMED ? ` and ${formatNumber(this.failed - NAMED)} more` : ''
    return `failed: ${formatNumber(this.failed)} of ${formatCount(this.#total, 'database')}: ${named.join(', ')}${more}`
  }
}
