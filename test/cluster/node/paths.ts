/**
 * Paths inside a container, seen from the host: containers are plain processes here, so a value that names a place
 * under a mount has to name the volume's directory instead.
 */

/** A place in the container and the directory or file that stands for it on this machine. */
export interface PathMapping {
  readonly containerPath: string
  readonly hostPath: string
}

const withoutTrailingSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path)

/**
 * `value` with its beginning replaced when it is one of the mapped places or lies under one; the longest match wins.
 *
 * Everything else stays: a path in the middle of a value, `/data2` for a mount at `/data`.
 */
export function rewritePath(value: string, mappings: readonly PathMapping[]): string {
  let best: { length: number; hostPath: string } | undefined
  for (const { containerPath, hostPath } of mappings) {
    const prefix = withoutTrailingSlash(containerPath)
    const isUnder = value === prefix || value.startsWith(prefix === '/' ? '/' : `${prefix}/`)
    if (isUnder && (best === undefined || prefix.length > best.length)) best = { length: prefix.length, hostPath }
  }
  return best === undefined ? value : best.hostPath + value.slice(best.length)
}
