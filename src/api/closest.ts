/**
 * The candidate within two edits of a word, the nearest first; `undefined` where none is that near. Edits to more than half
 * of a word make another word of it, so short ones must be nearer.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= 2 && distance * 2 <= Math.max(word.length, candidate.length))
    .toSorted((left, right) => left.distance - right.distance)
  return ranked[0]?.candidate
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [index, letter] of Array.from(left).entries()) {
    const next = [index + 1]
    for (const [column, other] of Array.from(right).entries()) {
      const substitution = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(substitution, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
