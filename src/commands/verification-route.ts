import { InputError } from '../api/input-error.ts'
import type { VerificationRoute } from '../applier/databases/verification.ts'
import type { FlagValues } from './command.ts'

/**
 * The way to log in that `--verify` names; `auto` is the Service inside the cluster and a port-forward outside.
 * @throws InputError for another word
 */
export function verificationRoute(value: FlagValues[string]): (inCluster: boolean) => VerificationRoute {
  const route = value ?? 'auto'
  if (route === 'auto') return (inCluster) => (inCluster ? 'service' : 'port-forward')
  if (route === 'port-forward' || route === 'service' || route === 'off') return () => route
  throw new InputError(`--verify=${String(value)} is not a way to log in`, {
    remedy: 'use auto, port-forward, service or off',
  })
}
