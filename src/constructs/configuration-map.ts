import { createHash } from 'node:crypto'
import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { hasStandbys, makesDumps } from '../api/optional-children.ts'
import { NOT_SUBSTITUTED } from '../api/protection.ts'
import { restartText } from '../api/restart-configuration.ts'
import { BACKUP_SCRIPT } from '../postgres/backup.ts'
import { BOOTSTRAP_SCRIPT } from '../postgres/bootstrap.ts'
import { CLONE_SCRIPT } from '../postgres/clone.ts'
import { STANDBYS_FILE } from '../postgres/replication.ts'
import { METRICS_FILES, METRICS_ROLE_SQL, pgIdentConf } from '../postgres/metrics-role.ts'
import { START_SCRIPT } from '../postgres/start.ts'
import { pgHbaConf, postgresqlConf } from '../postgres/configuration.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'
import { memoryLimitBytes, storageBytes } from './container-resources.ts'

/** The files of the ConfigMap, by name. */
export function configurationFiles(context: ChildContext): Record<string, string> {
  const { spec, image } = context
  const access = {
    hasStandbys: hasStandbys(spec),
    tls: spec.tls !== undefined,
    isMeasured: spec.monitoring !== undefined,
  }
  return {
    'bootstrap.sh': BOOTSTRAP_SCRIPT,
    ...(access.hasStandbys ? { 'clone.sh': CLONE_SCRIPT } : {}),
    'start.sh': START_SCRIPT,
    [STANDBYS_FILE]: String(spec.replicas - 1),
    ...(makesDumps(spec) ? { 'backup.sh': BACKUP_SCRIPT } : {}),
    'postgresql.conf': postgresqlConf({
      major: image.major,
      memoryLimitBytes: memoryLimitBytes(spec),
      storageBytes: storageBytes(spec),
      parameters: spec.parameters ?? {},
      access,
    }),
    'pg_hba.conf': pgHbaConf(access),
    ...(access.isMeasured ? { [METRICS_FILES.identities]: pgIdentConf(), [METRICS_FILES.role]: METRICS_ROLE_SQL } : {}),
    username: spec.username,
    database: spec.databaseName,
  }
}

/** Configuration files and scripts, mounted as a directory. */
export function configurationMap(scope: Construct, context: ChildContext): k8s.KubeConfigMap {
  return new k8s.KubeConfigMap(scope, 'ConfigMap', {
    metadata: { ...childMetadata(context, context.names.configMap), annotations: { ...NOT_SUBSTITUTED } },
    data: configurationFiles(context),
  })
}

/**
 * Hash of the settings that a running server cannot take over. It stands on the pod template, so that a change of them
 * restarts the pod; every other change reaches the server through the mounted files and a reload.
 */
export function restartHash(context: ChildContext): string {
  const text = configurationFiles(context)['postgresql.conf'] ?? ''
  return createHash('sha256').update(restartText(text)).digest('hex').slice(0, 16)
}
