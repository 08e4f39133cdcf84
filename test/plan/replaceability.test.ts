import { describe, expect, test } from 'vitest'
import { immutableDifferences, replaceabilityOf } from '../../src/plan/replaceability.ts'
import type { FieldNames } from '../../src/plan/immutable.ts'
import type { KubernetesObject } from '../../src/api/object.ts'

const template = (spec: object, name = 'data'): object => ({
  metadata: { name, labels: { app: 'web' } },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

const statefulSet = (spec: object): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: { serviceName: 'web', volumeClaimTemplates: [template({})], ...spec },
})

/** The live object as the server completes it. */
const live = statefulSet({
  volumeClaimTemplates: [{ kind: 'PersistentVolumeClaim', ...template({ volumeMode: 'Filesystem' }) }],
})

function judge(spec: object, fields: readonly FieldNames[], isAdopted = false): ReturnType<typeof replaceabilityOf> {
  const desired = statefulSet(spec)
  const reference = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' }
  return replaceabilityOf(reference, immutableDifferences(desired, live, fields), isAdopted)
}

const CLAIMS = [['spec', 'volumeClaimTemplates']]
const sized = (storage: string): object => ({ resources: { requests: { storage } } })

describe('a StatefulSet', () => {
  test('grows where the size is all that changes', () => {
    expect(judge({ volumeClaimTemplates: [template(sized('2Gi'))] }, CLAIMS)).toEqual({ type: 'growth' })
  })

  test.each([
    ['the service name', { serviceName: 'other' }, [['spec', 'serviceName']]],
    [
      'the service name beside the size',
      { serviceName: 'other', volumeClaimTemplates: [template(sized('2Gi'))] },
      [['spec', 'serviceName'], ...CLAIMS],
    ],
    [
      'a label of the claim template',
      { volumeClaimTemplates: [{ ...template({}), metadata: { name: 'data', labels: { app: 'shop' } } }] },
      CLAIMS,
    ],
  ])('is replaced on a yes for %s', (_title, spec, fields) => {
    expect(judge(spec, fields)).toEqual({ type: 'replaceable' })
  })

  test.each([
    ['a smaller size', { volumeClaimTemplates: [template(sized('512Mi'))] }, CLAIMS, 'ShrinkRefused'],
    [
      'another class',
      { volumeClaimTemplates: [template({ storageClassName: 'fast' })] },
      CLAIMS,
      'StorageClassChanged',
    ],
    [
      'another access mode',
      { volumeClaimTemplates: [template({ accessModes: ['ReadWriteMany'] })] },
      CLAIMS,
      'ImmutableField',
    ],
    ['another claim', { volumeClaimTemplates: [template({}, 'files')] }, CLAIMS, 'ImmutableField'],
    ['another selector', { selector: { matchLabels: { app: 'x' } } }, [['spec', 'selector']], 'ImmutableField'],
  ])('is never replaced for %s', (_title, spec, fields, reason) => {
    expect(judge(spec, fields)).toMatchObject({ type: 'kept', reason })
  })

  test('may get another selector where its pods are given our labels first', () => {
    expect(judge({ selector: { matchLabels: { app: 'x' } } }, [['spec', 'selector']], true)).toEqual({
      type: 'replaceable',
    })
  })
})

describe('another kind', () => {
  test.each(['RoleBinding', 'ClusterRoleBinding', 'Job'])('%s is replaced on a yes', (kind) => {
    expect(replaceabilityOf({ apiVersion: 'v1', kind, name: 'web' }, [], false)).toEqual({ type: 'replaceable' })
  })

  test.each([
    'PersistentVolumeClaim',
    'PersistentVolume',
    'Namespace',
    'CustomResourceDefinition',
    'Secret',
    'Service',
    'Deployment',
    'Database',
    'Widget',
  ])('%s never is', (kind) => {
    expect(replaceabilityOf({ apiVersion: 'v1', kind, name: 'web' }, [], false)).toMatchObject({ type: 'kept' })
  })
})
