/** A whole number with commas between thousands: `8,002`. Not by locale: a report reads the same on every machine. */
export function formatNumber(number: number): string {
  return String(Math.round(number)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 object`, `8,002 objects`. */
export function formatCount(number: number, noun: string): string {
  return `${formatNumber(number)} ${noun}${number === 1 ? '' : 's'}`
}

/** Bytes as people read them, in powers of ten: `512 B`, `17 kB`, `4.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(2)} GB`
}

const AGES = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3600 },
  { unit: 'min', seconds: 60 },
] as const

/**
 * How long ago something was: `3 min ago`.
 * @param at RFC 3339; the text itself is returned where it is none
 * @param now milliseconds since the epoch
 */
export function formatAge(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000)
  if (Number.isNaN(seconds)) return at
  const age = AGES.find((candidate) => seconds >= candidate.seconds)
  if (age !== undefined) return `${Math.floor(seconds / age.seconds)} ${age.unit} ago`
  // A clock that is behind the server's must not say that something will have happened.
  return seconds < 5 ? 'just now' : `${seconds} s ago`
}
