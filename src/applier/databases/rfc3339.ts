/** RFC 3339 in UTC, to the second, as Kubernetes writes times. @param milliseconds since the epoch */
export function rfc3339(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
