import { InputError } from '../../api/input-error.ts'
import { labelsOf } from './apply-set.ts'
import type { ApplyItem, ApplySet } from './apply-set.ts'

/** Which part of a set to work on. */
export interface Subset {
  /** Labels that an object must have: `team=shop,tier`. A Database is chosen as a whole, by its own labels. */
  readonly selector?: string
  /** `Kind/name`, any of them. */
  readonly only?: readonly string[]
}

/**
 * The chosen part of a set.
 * @throws InputError where nothing is chosen, or a selector cannot be read
 */
export function chooseSubset(set: ApplySet, { selector, only }: Subset): ApplySet {
  if (selector === undefined && only === undefined) return set
  const requirements = selector === undefined ? [] : parseSelector(selector)
  const wanted = only?.map((text) => parseName(text))
  const isChosen = (item: ApplyItem): boolean => {
    const labels = labelsOf(item)
    const { kind, name } = item.reference
    return (
      requirements.every(({ key, value }) => (value === undefined ? key in labels : labels[key] === value)) &&
      (wanted === undefined || wanted.some((one) => one.kind === kind.toLowerCase() && one.name === name))
    )
  }
  const chosen = {
    others: set.others.filter(isChosen),
    databases: set.databases.filter(({ resource }) => isChosen(resource)),
  }
  if (chosen.others.length + chosen.databases.length === 0) {
    throw new InputError('no object of the manifests is chosen', {
      where: [selector === undefined ? '' : `--selector ${selector}`, ...(only ?? []).map((text) => `--only ${text}`)]
        .join(' ')
        .trim(),
      remedy: 'check the labels and names; a Database is chosen as a whole: --only Database/orders',
    })
  }
  return chosen
}

/** The labels of a selector. @throws InputError where it cannot be read */
export function parseSelector(selector: string): { key: string; value?: string }[] {
  return selector.split(',').map((part) => {
    const [, key, value] = /^([^=!\s,()]+)(?:==?([^=\s,()]*))?$/.exec(part.trim()) ?? []
    if (key === undefined) {
      throw new InputError(`--selector ${selector} cannot be read`, {
        remedy: 'write labels with their values: --selector team=shop,tier=db',
      })
    }
    return value === undefined ? { key } : { key, value }
  })
}

function parseName(text: string): { kind: string; name: string } {
  const [, kind, name] = /^([A-Za-z]+)\/(\S+)$/.exec(text) ?? []
  if (kind === undefined || name === undefined) {
    throw new InputError(`--only ${text} is not a kind and a name`, {
      remedy: 'write for example --only Database/orders',
    })
  }
  return { kind: kind.toLowerCase(), name }
}
