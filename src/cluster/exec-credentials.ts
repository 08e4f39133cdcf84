import type { ExecPlugin } from './credential-source.ts'
import type { Credential, Credentials } from './credential.ts'
import { runPlugin } from './exec-plugin.ts'
import type { PluginProcess } from './exec-plugin.ts'

/** What running a plugin depends on. */
export interface ExecCredentialOptions {
  /** Environment that the plugin inherits. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How long a plugin may run, in milliseconds. @default 30000 */
  readonly pluginTimeoutMs?: number
  /** Told before a plugin runs: kubeconfig is code, and the user may want to see it. */
  readonly onPlugin?: (plugin: ExecPlugin) => void
  /** Current time, epoch milliseconds. @default Date.now */
  readonly now?: () => number
}

interface Cached {
  readonly credential: Credential
  readonly expiresAt: number
}

/**
 * Credentials of an exec plugin: one process at a time, none again before the credential expires, except once after the
 * server rejected it.
 */
export function execCredentials(plugin: ExecPlugin, options: ExecCredentialOptions): Credentials {
  const now = options.now ?? Date.now
  let cached: Cached | undefined
  let running: Promise<Cached> | undefined

  const renew = async (): Promise<Cached> => {
    options.onPlugin?.(plugin)
    const process: PluginProcess = {
      environment: options.environment,
      timeoutMs: options.pluginTimeoutMs ?? 30_000,
      now,
    }
    const { expiresAt, ...credential } = await runPlugin(plugin, process)
    return { credential, expiresAt: expiresAt ?? Number.POSITIVE_INFINITY }
  }

  return {
    async current() {
      if (cached !== undefined && now() < cached.expiresAt) return cached.credential
      running ??= renew().finally(() => {
        running = undefined
      })
      cached = await running
      return cached.credential
    },
    invalidate(rejected) {
      if (cached?.credential === rejected) cached = undefined
      return true
    },
  }
}
