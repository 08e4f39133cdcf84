import { describe, expect, test } from 'vitest'
import { API_VERSION, KIND, RESTART_HASH_ANNOTATION } from '../../src/api/group.ts'
import type { Database } from '../../src/api/database.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { differences } from '../../src/plan/difference.ts'
import { IMPACT_ROWS, impactOf, worstImpact } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import { isOfPattern, parsePath } from '../../src/plan/impact-path.ts'
import { ORDERS, SPEC_CHANGES } from './impact-cases.ts'

function database(changes: Partial<DatabaseSpecInput>): Database {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { replicas: 1, deletionPolicy: 'Retain', ...ORDERS, ...changes },
  } as Database
}

interface Template {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
}

const templateOf = (objects: readonly KubernetesObject[]): Template => {
  const [spec] = objects.filter(({ kind }) => kind === 'StatefulSet').map((object) => object['spec'])
  return (spec as { template: Template }).template
}

/** The worst impact of all changed fields of one object. */
function judged(before: KubernetesObject, after: KubernetesObject): Impact | undefined {
  const found = differences({ spec: {}, ...before, metadata: {} }, { spec: {}, ...after, metadata: {} })
  return worstImpact(found.map((change) => impactOf(after, change, { before, after })?.impact))
}

describe('the table agrees with what synthesis does', () => {
  test.each(SPEC_CHANGES.map((change) => [change.field, JSON.stringify(change.after), change] as const))(
    '%s: %s',
    (_field, _after, change) => {
      const [before, after] = [database(change.before), database(change.after)]
      const [oldChildren, children] = [expandDatabase(before), expandDatabase(after)]
      const [oldTemplate, template] = [templateOf(oldChildren), templateOf(children)]
      const isNewRevision = differences(oldTemplate, template).length > 0

      const impact = judged(before, after)
      expect(impact).toBeDefined()
      if (impact !== 'refused') expect(impact === 'restart').toBe(isNewRevision)

      for (const child of children) {
        const old = oldChildren.find(
          ({ kind, metadata }) => kind === child.kind && metadata.name === child.metadata.name,
        )
        if (old === undefined) continue
        const childImpact = judged(old, child)
        expect(childImpact, child.kind).toBeDefined()
        if (childImpact === 'refused') expect(impact).toBe('refused')
        if (child.kind === 'StatefulSet' && impact !== 'refused') {
          expect(childImpact === 'restart').toBe(isNewRevision)
          expect(childImpact === 'resize-online').toBe(impact === 'resize-online')
        }
        if (child.kind === 'ConfigMap') {
          const hash = ({ metadata }: Template): string | undefined => metadata.annotations[RESTART_HASH_ANNOTATION]
          expect(childImpact === 'restart').toBe(hash(oldTemplate) !== hash(template))
          if (impact === 'reload') expect(childImpact).toBe('reload')
        }
      }
    },
  )

  test('for every field of the resource', () => {
    for (const { field, kind } of IMPACT_ROWS) {
      if (kind !== 'Database.database.example.com' || !field.startsWith('spec.')) continue
      const changes = SPEC_CHANGES.filter((change) => isOfPattern(parsePath(change.field), parsePath(field)))
      expect(changes, field).not.toEqual([])
    }
  })
})
