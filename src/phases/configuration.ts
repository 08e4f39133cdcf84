import { CONFIGURATION_HASH, settingsOf } from '../api/configuration-file.ts'
import type { ConfigurationInUse } from '../api/configuration-in-use.ts'
import type { Condition } from '../api/status.ts'
import type { Effect } from './decision.ts'
import { findCondition } from './conditions.ts'
import { progressing, stalled, troubled } from './outcome.ts'
import type { Cause, Outcome } from './outcome.ts'
import { parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** How soon a login asks again whether the server has taken its files over. */
export const RELOAD_POLL_MS = 2000

/**
 * How long the way from the ConfigMap to the server may take before something is wrong with it. A kubelet exchanges
 * mounted files within its sync period, a minute by default, and the time that its cache lives.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/#mounted-configmaps-are-updated-automatically
 */
export const RELOAD_DEADLINE_MS = 180_000

/** The wanted `postgresql.conf`; `undefined` where no child brings one. */
export function wantedConfiguration({ children }: World): string | undefined {
  for (const { object } of children) {
    if (object.kind !== 'ConfigMap') continue
    const text = (object['data'] as Readonly<Record<string, unknown>> | undefined)?.['postgresql.conf']
    if (typeof text === 'string') return text
  }
  return undefined
}

/** What the wanted `postgresql.conf` says of itself; `undefined` where it says nothing. */
export function wantedConfigurationHash(world: World): string | undefined {
  return settingsOf(wantedConfiguration(world) ?? '').get(CONFIGURATION_HASH)
}

/**
 * What the login found out about the settings, and the certificate, which takes the same way to the server; `undefined`
 * where none was made or it did not look.
 */
function found({ verification, certificate }: World): ConfigurationInUse | undefined {
  if (verification?.ok !== true) return undefined
  const { configuration, certificate: presented } = verification
  if (presented?.isWanted !== false || configuration?.state === 'refused') return configuration
  const secret = certificate?.secretName ?? ''
  return { state: 'not-loaded', message: `The server presents another certificate than that in Secret ${secret}.` }
}

/** Whether nothing is missed but that the server presents a renewed certificate. The one that it has was found in order. */
export function isOnlyCertificateAwaited({ verification }: World): boolean {
  return (
    verification?.ok === true &&
    verification.certificate?.isWanted === false &&
    verification.configuration?.state !== 'not-loaded' &&
    verification.configuration?.state !== 'refused'
  )
}

/**
 * A login that succeeded while the server still runs with other settings: it is repeated until the server has taken them
 * over. `undefined` where it has.
 */
export function reloading(world: World, verify: Effect): Outcome | undefined {
  const configuration = found(world)
  if (configuration?.state === 'refused') {
    return { ...stalled({ reason: 'ConfigurationRefused', message: `${configuration.message}.` }), phase: 'Verifying' }
  }
  if (configuration?.state !== 'not-loaded' || world.verification?.ok !== true) return undefined
  const now = parseTimestamp(world.now) ?? 0
  const asked = parseTimestamp(world.verification.at) ?? now
  const leftMs = RELOAD_POLL_MS - Math.max(now - asked, 0)
  const [next, effects] =
    leftMs > 0 ? ([{ type: 'change', withinMs: leftMs }, []] as const) : ([{ type: 'now' }, [verify]] as const)
  if (!isLate(world, now)) {
    const message =
      'Settings or certificate are on their way to the server: the kubelet delivers them within about a minute.'
    return progressing('Verifying', { reason: 'WaitingForReload', message }, next, effects)
  }
  const message = `${configuration.message} The kubelet has not delivered them, or the server does not take them over: its log says why.`
  return troubled('Verifying', { reason: 'ConfigurationNotInUse', message }, next, effects)
}

/** Whether it has taken longer than it may; condition `Progressing` says since when something is under way. */
function isLate({ database: { status } }: World, now: number): boolean {
  const progress: Condition | undefined = findCondition(status?.conditions, 'Progressing')
  const since = progress?.status === 'True' ? parseTimestamp(progress.lastTransitionTime) : undefined
  return since !== undefined && now - since > RELOAD_DEADLINE_MS
}

/** What is abnormal about the settings of a database that clients can use; `undefined` where nothing is. */
export function configurationTrouble(world: World): Cause | undefined {
  const configuration = found(world)
  if (configuration?.state === 'pending-restart') {
    return { reason: 'PendingRestart', message: `The application role logs in. ${configuration.message}.` }
  }
  if (configuration?.state === 'not-in-effect') {
    return { reason: 'ParameterNotInEffect', message: `The application role logs in. ${configuration.message}.` }
  }
  return undefined
}
