/** How fast this machine is just now. */

const ITERATIONS = 20_000_000

/**
 * Seconds of a fixed computation. Others on the machine, or a host that gives it less, show here as they show in what
 * is measured next: figures whose references differ are not comparable, not even in processor time.
 */
export function referenceSeconds(): number {
  const begin = performance.now()
  let state = 1
  for (let index = 0; index < ITERATIONS; index += 1) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  // Used, so that the loop is not left out.
  return state === 0 ? 0 : (performance.now() - begin) / 1000
}
