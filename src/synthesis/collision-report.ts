import type { Collision } from './object-names.ts'

/** Above the lines, so that they are found among whatever else an app prints. */
const HEADING = 'The same object is made twice:'

/** What an app that makes objects twice prints. */
export function formatCollisions(collisions: readonly Collision[]): string {
  return [HEADING, ...collisions.map(({ what, paths }) => `  [${paths[0]}] [${paths[1]}] ${what}`)].join('\n')
}

/** The collisions among what an app printed. */
export function collisionsOf(output: string): readonly Collision[] {
  if (!output.includes(HEADING)) return []
  const lines = output.matchAll(/^\s+\[([^\]\n]*)\] \[([^\]\n]*)\] (.+)$/gm)
  return [...lines].map(([, first = '', second = '', what = '']) => ({ what, paths: [first, second] }))
}
