/** Leases by name, as an API server keeps them, on bad days too. */
import { FakeLeases } from './fake-leases.ts'
import type { FakeLine } from './fake-leases.ts'
import type { KubernetesObject } from '../../src/api/object.ts'

export class FakeLeaseStore {
  readonly #leases = new Map<string, FakeLeases>()

  /** What is stored under a name. */
  lease(name: string): KubernetesObject | undefined {
    return this.#leases.get(name)?.lease
  }

  /** Writes as somebody with kubectl does. */
  edit(name: string, lease: KubernetesObject | undefined): void {
    this.#of(name).lease = lease
  }

  /** A way to the server, on which nothing goes wrong yet. */
  line(): FakeLine {
    const lines = new Map<string, FakeLine>()
    const lineOf = (name: string): FakeLine => {
      const known = lines.get(name) ?? this.#of(name).line()
      lines.set(name, known)
      known.fault = line.fault
      return known
    }
    const line: FakeLine = {
      fault: undefined,
      get: (reference, options) => lineOf(reference.name).get(reference, options),
      create: (lease, options) => lineOf(lease.metadata.name).create(lease, options),
      update: (lease, options) => lineOf(lease.metadata.name).update(lease, options),
    }
    return line
  }

  #of(name: string): FakeLeases {
    const known = this.#leases.get(name) ?? new FakeLeases()
    this.#leases.set(name, known)
    return known
  }
}
