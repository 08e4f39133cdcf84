import type { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { hasStandbys, makesDumps } from '../api/optional-children.ts'
import type { ChildContext } from './child-context.ts'
import { backupChildren } from './backup.ts'
import type { DatabaseBackupChildren } from './backup.ts'
import { configurationMap } from './configuration-map.ts'
import { credentialsSecret } from './credentials-secret.ts'
import { monitoringChildren } from './database-monitoring.ts'
import type { DatabaseMonitoringChildren } from './database-monitoring.ts'
import { disruptionBudget } from './disruption-budget.ts'
import { networkPolicy } from './network-policy.ts'
import { roleBinding } from './role-binding.ts'
import { role } from './role.ts'
import { serviceAccount } from './service-account.ts'
import { podService, primaryService, readService } from './services.ts'
import { standbyStatefulSet } from './standby-stateful-set.ts'
import { statefulSet } from './stateful-set.ts'

/** Every object that belongs to one Database, typed where a caller may want to add to it. */
export interface DatabaseChildren {
  readonly serviceAccount: ApiObject
  readonly role: ApiObject
  readonly roleBinding: ApiObject
  /** Absent where the spec names an existing Secret. */
  readonly secret: ApiObject | undefined
  readonly configMap: ApiObject
  readonly networkPolicy: ApiObject
  readonly statefulSet: ApiObject
  /** Absent, as `readService` and `disruptionBudget`, where there is one instance. */
  readonly standbyStatefulSet: ApiObject | undefined
  readonly service: ApiObject
  readonly readService: ApiObject | undefined
  readonly podService: ApiObject
  readonly disruptionBudget: ApiObject | undefined
  /** What makes dumps; absent where the spec asks for none. */
  readonly backup: DatabaseBackupChildren | undefined
  /** What watches it; absent where the spec asks for none. */
  readonly monitoring: DatabaseMonitoringChildren | undefined
}

/**
 * Adds the children in the order in which they are applied: the Secret and the NetworkPolicy stand before the
 * StatefulSet, so that no pod ever runs without them.
 */
export function addChildren(scope: Construct, context: ChildContext): DatabaseChildren {
  const isAlone = !hasStandbys(context.spec)
  return {
    serviceAccount: serviceAccount(scope, context),
    role: role(scope, context),
    roleBinding: roleBinding(scope, context),
    secret: context.spec.credentials === undefined ? credentialsSecret(scope, context) : undefined,
    configMap: configurationMap(scope, context),
    networkPolicy: networkPolicy(scope, context),
    statefulSet: statefulSet(scope, context),
    standbyStatefulSet: isAlone ? undefined : standbyStatefulSet(scope, context),
    service: primaryService(scope, context),
    readService: isAlone ? undefined : readService(scope, context),
    podService: podService(scope, context),
    disruptionBudget: isAlone ? undefined : disruptionBudget(scope, context),
    backup: makesDumps(context.spec) ? backupChildren(scope, context) : undefined,
    monitoring: context.spec.monitoring === undefined ? undefined : monitoringChildren(scope, context),
  }
}
