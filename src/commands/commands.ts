import type { Command } from './command.ts'

/** Commands by name, in the order of the overview: summary first, so that the overview loads none of them. */
export const COMMANDS: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<{ command: Command }> }>
> = {
  synth: { summary: 'write the manifests into dist/', load: () => import('./synth.ts') },
  diff: { summary: 'show what apply would change', load: () => import('./diff.ts') },
  apply: {
    summary: 'apply the manifests and wait until every database is ready',
    load: () => import('./apply.ts'),
  },
  status: { summary: 'show databases and what belongs to them', load: () => import('./status.ts') },
  delete: {
    summary: 'delete what the manifests describe; volumes and credentials stay',
    load: () => import('./delete.ts'),
  },
  release: {
    summary: 'give up the ownership of every field, so that another tool can take over',
    load: () => import('./release.ts'),
  },
  controller: {
    summary: 'look after every Database of the cluster, until it is told to end',
    load: () => import('./controller.ts'),
  },
}
