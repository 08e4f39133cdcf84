import type { Action, PlannedChange } from '../plan/planned-change.ts'
import type { Style } from './output.ts'

/** How each action looks; the word always stands beside the symbol, so that neither colour nor symbol is the only sign. */
export const SYMBOLS: Readonly<Record<Action, { readonly symbol: string; readonly style: Style }>> = {
  create: { symbol: '+', style: 'green' },
  update: { symbol: '~', style: 'yellow' },
  replace: { symbol: '±', style: 'red' },
  delete: { symbol: '-', style: 'red' },
  unchanged: { symbol: '=', style: 'dim' },
  keep: { symbol: '=', style: 'cyan' },
  conflict: { symbol: '!', style: 'red' },
  refused: { symbol: '!', style: 'red' },
  foreign: { symbol: '!', style: 'red' },
}

/** What was done. */
export const PAST_TENSE: Readonly<Record<Action, string>> = {
  create: 'created',
  update: 'updated',
  replace: 'replaced',
  delete: 'deleted',
  unchanged: 'unchanged',
  keep: 'kept',
  conflict: 'in conflict',
  refused: 'refused',
  foreign: 'left alone',
}

/** Every action in the order in which they are counted. */
export const ACTIONS = Object.keys(SYMBOLS) as readonly Action[]

/** Whether anything about the object is worth a line: it changes, or it should and cannot. */
export const isChanged = ({ action }: PlannedChange): boolean => action !== 'unchanged'

/** Whether the object is left as it is against what the manifests ask for. */
export const isRefused = ({ action }: PlannedChange): boolean =>
  action === 'conflict' || action === 'refused' || action === 'foreign'
