/** Something that has to be well. */
export interface HealthCheck {
  /** Lower case words: `leader-election`. */
  readonly name: string
  /** Throws, or rejects, with what is wrong. */
  readonly check: () => void | Promise<void>
}

/** How checks are run. */
export interface HealthOptions {
  /** Names of checks that do not count this time. @default none */
  readonly excluded?: readonly string[]
  /** Time for each check, in milliseconds. A probe of the kubelet waits a second. @default 900 */
  readonly timeoutMs?: number
  /** What was wrong; it is told to nobody who asks from outside. Must not throw. */
  readonly onFailure?: (name: string, error: unknown) => void
}

/** What came of it. */
export interface Health {
  readonly isWell: boolean
  /** A line for each check, as the API server's own endpoints write it, without the reason of a failure. */
  readonly lines: readonly string[]
}

/**
 * Runs checks side by side.
 * @see https://kubernetes.io/docs/reference/using-api/health-checks/
 */
export async function healthOf(checks: readonly HealthCheck[], options: HealthOptions = {}): Promise<Health> {
  const { excluded = [], timeoutMs = 900, onFailure } = options
  const outcomes = await Promise.all(
    checks.map(async ({ name, check }) => {
      if (excluded.includes(name)) return { isWell: true, line: `[+]${name} excluded: ok` }
      try {
        await inTime(check, timeoutMs)
        return { isWell: true, line: `[+]${name} ok` }
      } catch (error) {
        onFailure?.(name, error)
        return { isWell: false, line: `[-]${name} failed: reason withheld` }
      }
    }),
  )
  const unknown = excluded.filter((name) => !checks.some((check) => check.name === name)).map((name) => `"${name}"`)
  const warning = `warn: some health checks cannot be excluded: no matches for ${unknown.join(',')}`
  return {
    isWell: outcomes.every(({ isWell }) => isWell),
    lines: [...outcomes.map(({ line }) => line), ...(unknown.length === 0 ? [] : [warning])],
  }
}

async function inTime(check: HealthCheck['check'], timeoutMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs)
  try {
    await Promise.race([check(), promise])
  } finally {
    clearTimeout(timer)
  }
}
