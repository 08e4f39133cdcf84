/**
 * Addresses for pods. Nobody answers there — containers listen on the loopback address — but a pod needs one: an
 * EndpointSlice refuses loopback addresses.
 */
const first = 2

const format = (index: number): string => `10.244.${Math.floor(index / 256)}.${index % 256}`

/** Hands out addresses of 10.244.0.0/16. */
export class PodAddressPool {
  readonly #byPod = new Map<string, string>()
  readonly #taken = new Set<string>()
  #next = first

  /** The pod's address: the one it had before, or a new one. */
  take(uid: string, before?: string): string {
    const known = this.#byPod.get(uid) ?? before
    const address = known ?? this.#free()
    this.#byPod.set(uid, address)
    this.#taken.add(address)
    return address
  }

  /** Gives the pod's address back. */
  release(uid: string): void {
    const address = this.#byPod.get(uid)
    this.#byPod.delete(uid)
    if (address !== undefined) this.#taken.delete(address)
  }

  #free(): string {
    // Not the lowest free one: an address that is used again at once hides mistakes.
    for (;;) {
      const address = format(this.#next)
      this.#next = this.#next + 1 < 65_535 ? this.#next + 1 : first
      if (!this.#taken.has(address)) return address
    }
  }
}
