import type { LocatedDifference } from '../../plan/difference.ts'
import type { Refusal } from './failure.ts'
import type { Subject } from './planned-item.ts'

/**
 * What to do instead of a change that is not done. Ready to paste where there is a command for it.
 * @param changes the fields with their old and new values
 */
export function wayOut(
  { item: { reference } }: Subject,
  changes: readonly LocatedDifference[],
  reason: string,
): Pick<Refusal, 'remedy'> {
  const before = changes.find(({ path }) => /storage|size/.test(path))?.before
  const old = typeof before === 'string' ? before : 'what it was'
  const move = 'or make a Database of another name and move the data: docs/runbooks/growing.md'
  if (reason === 'ShrinkRefused') return { remedy: `keep the size at ${old}, ${move}` }
  if (reason === 'StorageClassChanged') return { remedy: `keep the class at ${old}, ${move}` }
  const { kind, name, namespace } = reference
  const from = namespace === undefined ? '' : ` -n ${namespace}`
  switch (kind) {
    case 'Database':
      return { remedy: `keep ${changes.map(({ path }) => path).join(', ')} as it was, ${move}` }
    case 'PersistentVolumeClaim':
    case 'PersistentVolume':
      return { remedy: 'keep the field as it was; for other storage, make a claim of another name and copy the data' }
    case 'ConfigMap':
    case 'Secret':
      return { remedy: 'give the new one another name, and name that where the old one was named' }
    default:
      return {
        remedy: `keep the field as it was; or, where that loss can be borne, remove it by hand and apply again: kubectl${from} delete ${kind.toLowerCase()} ${name}`,
      }
  }
}
