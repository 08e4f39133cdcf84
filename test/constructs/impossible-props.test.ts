/** Props that make no sense do not compile: `tsc` fails where one of these does. */
import { readFileSync } from 'node:fs'
import { App, Chart } from 'cdk8s'
import { expect, test } from 'vitest'
import { API_VERSION, KIND } from '../../src/api/group.ts'
import { validateDatabase } from '../../src/api/validation.ts'
import { DatabaseController } from '../../src/constructs/database-controller.ts'
import { Database } from '../../src/constructs/database.ts'
import { issuesOf } from './manifests-of.ts'
import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import type { AffinityProps, NodeExpressionProps } from '../../src/constructs/placement-props.ts'
import type { DestinationProps } from '../../src/constructs/controller-network.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'

const GOOD = { image: 'postgres:18', databaseName: 'orders', username: 'app', storage: { size: '1Gi' } } as const

const BOTH = { address: 'vault:8200', object: { apiVersion: 'v1', kind: 'Service', name: 'vault' } } as const

const nodes = (expression: NodeExpressionProps): AffinityProps => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [expression] }] },
  },
})

/** The compiler reads it; whoever writes JavaScript is told at synthesis, below. */
export function impossible(): readonly DatabaseProps[] {
  const { storage: _storage, ...withoutStorage } = GOOD
  const { username: _username, ...withoutUser } = GOOD
  return [
    // @ts-expect-error -- a volume has a size
    { ...withoutStorage },
    // @ts-expect-error -- the data belongs to a role
    { ...withoutUser },
    // @ts-expect-error -- an image is a reference, not a major
    { ...GOOD, image: 18 },
    // @ts-expect-error -- 13 is not supported
    { ...GOOD, postgresVersion: '13' },
    // @ts-expect-error -- there is no such layout
    { ...GOOD, storage: { size: '1Gi', layout: 'modern' } },
    // @ts-expect-error -- a password would end up in Git
    { ...GOOD, credentials: { password: 'secret' } },
    // @ts-expect-error -- a password would end up in Git
    { ...GOOD, password: 'secret' },
    // @ts-expect-error -- a Secret has a name
    { ...GOOD, credentials: { existingSecret: {} } },
    // @ts-expect-error -- one of two ways, not none
    { ...GOOD, credentials: {} },
    // @ts-expect-error -- one of two ways, not both
    { ...GOOD, credentials: { existingSecret: { name: 'vault' }, externalSecret: true } },
    // @ts-expect-error -- a certificate comes from somewhere
    { ...GOOD, tls: {} },
    // @ts-expect-error -- from one place
    { ...GOOD, tls: { secretName: 'mine', certManager: { issuer: { name: 'internal' } } } },
    // @ts-expect-error -- an object or an address
    { ...GOOD, dependencies: [{}] },
    // @ts-expect-error -- one of the two
    { ...GOOD, dependencies: [{ ...BOTH }] },
    // @ts-expect-error -- only a StatefulSet that is taken over has a claim template of its own
    { ...GOOD, storage: { size: '1Gi', claimTemplate: 'pgdata' } },
    // @ts-expect-error -- a dump is put somewhere
    { ...GOOD, backup: { schedule: '@daily' } },
    // @ts-expect-error -- a backup is a dump or a snapshot
    { ...GOOD, backup: { timeZone: 'Europe/Berlin' } },
    // @ts-expect-error -- snapshots have a number of their own
    { ...GOOD, backup: { volumeSnapshot: { className: 'fast', schedule: '@daily' }, retention: { count: 3 } } },
    // @ts-expect-error -- dumps are kept by number, by age or by both
    { ...GOOD, backup: { schedule: '@daily', storage: { size: '1Gi' }, retention: {} } },
    // @ts-expect-error -- any value will do, so none is named
    { ...GOOD, placement: { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] } },
    // @ts-expect-error -- no other effect ends anything
    { ...GOOD, placement: { tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 60 }] } },
    // @ts-expect-error -- nothing is compared
    { ...GOOD, placement: { affinity: nodes({ key: 'a', operator: 'Exists', values: ['b'] }) } },
    // @ts-expect-error -- something is compared
    { ...GOOD, placement: { affinity: nodes({ key: 'a', operator: 'In', values: [] }) } },
    // @ts-expect-error -- a peer is chosen by something
    { ...GOOD, network: { allowFrom: [{}] } },
    // @ts-expect-error -- nobody can be handed that over
    { ...GOOD, handedOver: ['statefulSet.image'] },
    // @ts-expect-error -- one of two words
    { ...GOOD, deletionPolicy: 'delete' },
    // @ts-expect-error -- a setting is one value
    { ...GOOD, parameters: { max_connections: [100] } },
    // @ts-expect-error -- rendered or reconciled
    { ...GOOD, children: 'both' },
    // @ts-expect-error -- instances are counted
    { ...GOOD, replicas: '2' },
  ]
}

/** The same of what programs read and write, whose types come from the schema. */
export function impossibleSpecs(): readonly DatabaseSpecInput[] {
  return [
    // @ts-expect-error -- an object or an address
    { ...GOOD, dependencies: [{}] },
    // @ts-expect-error -- one of the two
    { ...GOOD, dependencies: [{ ...BOTH }] },
    // @ts-expect-error -- a peer is chosen by something
    { ...GOOD, network: { allowFrom: [{}] } },
    // @ts-expect-error -- a Secret has a name
    { ...GOOD, credentials: {} },
    // @ts-expect-error -- and so has that of a certificate
    { ...GOOD, tls: {} },
  ]
}

/** And of what a controller may talk to. */
export function impossibleDestinations(): readonly DestinationProps[] {
  const PORTS = { ports: [8200] } as const
  return [
    // @ts-expect-error -- somebody is meant
    { ...PORTS },
    // @ts-expect-error -- pods or addresses
    { ...PORTS, cidr: '10.1.0.0/16', podSelector: { matchLabels: { app: 'vault' } } },
  ]
}

test.each(impossible().map((props) => [JSON.stringify(props).slice(JSON.stringify(GOOD).length - 1), props]))(
  'who does not compile is told at synthesis: %s',
  (_what, props) => {
    const app = new App()
    new Database(new Chart(app, 'chart', { namespace: 'shop' }), 'orders', props)
    expect(issuesOf(app)).not.toEqual([])
  },
)

test.each(impossibleSpecs())('who writes a spec by program is told by the validation: %j', (spec) => {
  const metadata = { name: 'orders' }
  expect(validateDatabase({ apiVersion: API_VERSION, kind: KIND, metadata, spec }).ok).toBe(false)
})

test.each(impossibleDestinations())('who gives a controller such a destination is told when it is made: %j', (one) => {
  const chart = new Chart(new App(), 'chart')
  const network = { dependencies: [one] }
  expect(() => new DatabaseController(chart, 'Controller', { image: 'db:1', network })).toThrow('network.dependencies')
})

test('every line that must not compile is told so to the compiler', () => {
  const lines = readFileSync(import.meta.filename, 'utf8').split('\n')
  const entries = lines.filter((line) => /^ {4}\{ \.\.\./.test(line))
  const expected = lines.filter((line) => /^ {4}\/\/ @ts-expect-error -- /.test(line))
  expect(entries.length).toBeGreaterThan(10)
  expect(expected).toHaveLength(entries.length)
})
