import { describe, expect, test } from 'vitest'
import { handOverNameOf } from '../../src/api/handed-over.ts'

describe('the name under which a field could be handed over', () => {
  test.each([
    ['StatefulSet', '.spec.replicas', 'statefulSet.replicas'],
    ['StatefulSet', 'spec.template.spec.containers[name="postgres"].resources.limits.memory', 'statefulSet.resources'],
    ['StatefulSet', 'spec.template.spec.containers[name=postgres].resources', 'statefulSet.resources'],
    ['Service', 'spec.type', 'service.type'],
    ['NetworkPolicy', '.spec.ingress', 'networkPolicy.ingress'],
  ])('of %s %s is %s', (kind, path, name) => {
    expect(handOverNameOf(kind, path)).toBe(name)
  })

  test.each([
    ['StatefulSet', 'spec.template.spec.containers[name=postgres].image'],
    ['StatefulSet', 'spec.template.spec.initContainers[name=bootstrap].resources.limits.cpu'],
    ['Deployment', 'spec.replicas'],
    ['Service', 'spec.selector'],
  ])('of %s %s does not exist', (kind, path) => {
    expect(handOverNameOf(kind, path)).toBeUndefined()
  })
})
