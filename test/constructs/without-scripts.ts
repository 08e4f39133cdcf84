import { expect } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { BACKUP_SCRIPT } from '../../src/postgres/backup.ts'
import { BOOTSTRAP_SCRIPT } from '../../src/postgres/bootstrap.ts'
import { CLONE_SCRIPT } from '../../src/postgres/clone.ts'
import { START_SCRIPT } from '../../src/postgres/start.ts'

/** The scripts have tests of their own; in a reviewed file each would be 600 lines that say nothing about the manifests. */
export function withoutScripts(manifests: readonly KubernetesObject[]): KubernetesObject[] {
  return manifests.map((object) => {
    if (object.kind !== 'ConfigMap') return object
    const data = object['data'] as Record<string, string>
    if (object.metadata.name.endsWith('-dashboard')) return object
    expect(data).toMatchObject({ 'bootstrap.sh': BOOTSTRAP_SCRIPT, 'start.sh': START_SCRIPT })
    const named: Record<string, string> = { 'bootstrap.sh': 'BOOTSTRAP_SCRIPT', 'start.sh': 'START_SCRIPT' }
    if (data['clone.sh'] !== undefined) {
      expect(data['clone.sh']).toBe(CLONE_SCRIPT)
      named['clone.sh'] = 'CLONE_SCRIPT'
    }
    if (data['backup.sh'] !== undefined) {
      expect(data['backup.sh']).toBe(BACKUP_SCRIPT)
      named['backup.sh'] = 'BACKUP_SCRIPT'
    }
    return { ...object, data: { ...data, ...named } }
  })
}
