import type { Effect } from './decision.ts'
import { progressing } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** What takes away the children that the spec no longer asks for; nothing where there are none. */
export function removals({ surplus = [] }: World): readonly Effect[] {
  return surplus.length === 0 ? [] : [{ type: 'remove', objects: surplus }]
}

/**
 * Takes away what the spec no longer asks for. Before anything is applied: what shows that a database was monitored is
 * the exporter in its pods, and it must be there until what was made for it is gone.
 */
export function removing(world: World): Outcome | undefined {
  const effects = removals(world)
  if (effects.length === 0) return undefined
  const names = (world.surplus ?? []).map(({ reference: { kind, name } }) => `${kind} ${name}`).join(', ')
  const message = `Removing ${names}: the spec no longer asks for it. Volumes stay.`
  return progressing('Provisioning', { reason: 'Removing', message }, { type: 'now' }, effects)
}
