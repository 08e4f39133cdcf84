import { App, Chart, Yaml } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { API_VERSION, CHILDREN_ANNOTATION } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { validateDatabase } from '../../src/api/validation.ts'
import { Database } from '../../src/constructs/database.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { resourceOf, SPEC_CASES } from '../api/specs.ts'
import { isForOthers } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'

describe('the children of a Database that is expanded are those that are rendered, byte for byte', () => {
  test.each(Object.entries(SCENARIOS))('%s', (name, props) => {
    const chart = new Chart(new App(), 'golden', { namespace: 'shop' })
    new Database(chart, name, { ...props, children: 'rendered' })
    const [resource, ...others] = chart.toJson() as [KubernetesObject, ...KubernetesObject[]]
    // What makes a Secret outside the cluster's own kinds comes of the props alone: the resource only names the Secret.
    const rendered = others.filter((object) => !isForOthers(object))
    expect(resource.metadata.annotations?.[CHILDREN_ANNOTATION]).toBe('rendered')

    const written = { apiVersion: API_VERSION, kind: 'Database', metadata: resource.metadata, spec: resource['spec'] }
    const result = validateDatabase(written)
    const expanded = result.ok ? expandDatabase(result.database) : []
    expect(Yaml.stringify(...expanded)).toBe(Yaml.stringify(...rendered))
    expect(expanded.length).toBeGreaterThan(7)
  })
})

describe('every spec that validation accepts can be expanded', () => {
  const accepted = Object.values(SPEC_CASES).flatMap((cases) => cases.filter(({ messages }) => messages.length === 0))
  test.each(accepted)('$title', (example) => {
    const written = resourceOf(example, API_VERSION)
    const result = validateDatabase({ ...written, metadata: { ...written.metadata, namespace: 'shop' } })
    expect(result.ok && expandDatabase(result.database).map(({ kind }) => kind)).toContain('StatefulSet')
  })
})

test('a Database without a namespace cannot be expanded', () => {
  const result = validateDatabase({
    apiVersion: API_VERSION,
    kind: 'Database',
    metadata: { name: 'orders' },
    spec: { image: 'postgres:16', databaseName: 'a', username: 'b', storage: { size: '1Gi' } },
  })
  expect(() => result.ok && expandDatabase(result.database)).toThrow('has no namespace')
})
