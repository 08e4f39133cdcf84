import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import type { World } from '../../src/phases/world.ts'
import {
  aChild,
  aDatabase,
  children,
  childrenWith,
  condition,
  FOREIGN_PHASE,
  judgement,
  newWorld,
  NOW,
  readyWorld,
  runningWorld,
  secondsAfter,
  seenWorld,
  withSpec,
  withStatus,
} from './worlds.ts'

const vault = { address: 'vault.shop.svc:8200' }

const needing = (change: Partial<World> = {}): World =>
  seenWorld({ database: aDatabase({ spec: { dependencies: [vault] } }), ...change })

const checked = (available: boolean, at = NOW): World['dependencies'] => ({
  generation: 1,
  at,
  results: [{ name: vault.address, available, message: available ? 'reachable' : 'unreachable' }],
})

const claim = { name: 'data-orders-0', uid: 'c', createdAt: secondsAfter(NOW, -600), phase: 'Bound', requested: '10Gi' }

const secret = (change: Partial<World['credentials']>): World['credentials'] => ({
  secretName: 'orders-credentials',
  source: 'generated',
  state: 'complete',
  createdAt: NOW,
  changedAt: NOW,
  ...change,
})

describe('a resource that was never seen', () => {
  it.each([undefined, FOREIGN_PHASE])('shows Pending first, with every condition (phase before: %s)', (phase) => {
    const status = phase === undefined ? {} : { status: { phase } }
    const decision = decide(newWorld({ database: aDatabase({ metadata: { generation: 3 }, ...status }) }))
    expect(decision.status).toMatchObject({ phase: 'Pending', ready: false, observedGeneration: 3 })
    expect(decision.effects).toStrictEqual([])
    expect(decision.next).toStrictEqual({ type: 'now' })
    expect(decision.status.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toStrictEqual([
      'Ready=False',
      'Progressing=True',
      'Available=False',
      'Degraded=False',
      'Failed=False',
      'Reconciling=True',
    ])
  })
})

describe('dependencies', () => {
  it('are checked before anything is made', () => {
    const decision = decide(needing())
    expect(decision.status.phase).toBe('Provisioning')
    expect(decision.effects).toStrictEqual([{ type: 'check-dependencies' }])
  })

  it('that are unavailable hold everything back for 30 seconds, by name', () => {
    const decision = decide(needing({ dependencies: checked(false) }))
    expect(judgement(decision, 'Ready')).toBe('False ExternalDependencyUnavailable')
    expect(condition(decision, 'Ready')?.message).toBe('vault.shop.svc:8200: unreachable')
    expect(decision.effects).toStrictEqual([])
    expect(decision.next).toMatchObject({ type: 'after', delayMs: 30_000 })
  })

  it('are not asked again by the pass that the status write triggers, but once the time has come', () => {
    let world = needing({ dependencies: checked(false) })
    world = withStatus(world, decide(world))
    expect(decide(world)).toMatchObject({ effects: [], next: { type: 'after', delayMs: 30_000 } })
    world = { ...world, now: secondsAfter(NOW, 30) }
    const due = decide(world)
    expect(due.effects).toStrictEqual([{ type: 'check-dependencies' }])
    expect(judgement(due, 'Ready')).toBe('False ExternalDependencyUnavailable')
    const answered = decide({ ...world, dependencies: checked(false, secondsAfter(NOW, 30)) })
    expect(answered.status.retries).toBe(2)
    expect(answered.next).toMatchObject({ type: 'after', delayMs: 30_000 })
  })

  it('that are available let the walk go on', () => {
    expect(decide(needing({ dependencies: checked(true) })).effects).toStrictEqual([{ type: 'create-credentials' }])
  })

  it('of another spec say nothing about this one', () => {
    const world = withSpec(needing({ dependencies: checked(true) }), { dependencies: [{ address: 'other:1' }] })
    expect(decide(world).effects).toStrictEqual([{ type: 'check-dependencies' }])
  })

  it('are not asked once the StatefulSet exists: a running database does not stop for them', () => {
    const world = withSpec(readyWorld(), { dependencies: [vault] }, 1)
    expect(decide(world)).toMatchObject({ status: { phase: 'Ready' }, effects: [] })
  })
})

describe('generated credentials', () => {
  it('are made before anything that needs them', () => {
    const decision = decide(seenWorld())
    expect(decision).toMatchObject({ effects: [{ type: 'create-credentials' }], next: { type: 'now' } })
    expect(decision.status.phase).toBe('Provisioning')
  })

  it('that came from Git without a password get one', () => {
    const world = seenWorld({ credentials: secret({ state: 'incomplete' }) })
    expect(decide(world).effects).toStrictEqual([{ type: 'complete-credentials' }])
  })

  it('that came from Git together with a claim get one too', () => {
    const world = seenWorld({
      credentials: secret({ state: 'incomplete', createdAt: claim.createdAt }),
      claims: [claim],
    })
    expect(decide(world).effects).toStrictEqual([{ type: 'complete-credentials' }])
  })

  it.each([
    ['are gone', secret({ state: 'absent' })],
    ['were made anew without a password', secret({ state: 'incomplete' })],
    ['are of unknown age', { secretName: 'orders-credentials', source: 'generated', state: 'incomplete' } as const],
  ])('stall while data exists and they %s, and nothing is generated or applied', (_, credentials) => {
    const decision = decide(seenWorld({ credentials, claims: [claim] }))
    expect(decision.status.phase).toBe('Failed')
    expect(judgement(decision, 'Stalled')).toBe('True CredentialsMissingForExistingData')
    expect(condition(decision, 'Stalled')?.message).toContain('data-orders-0')
    expect(condition(decision, 'Reconciling')).toBeUndefined()
    expect(decision.effects).toStrictEqual([])
    expect(decision.next).toStrictEqual({ type: 'stalled', reason: 'CredentialsMissingForExistingData' })
  })

  it('that are lost are the first thing to say, whatever else is wrong', () => {
    const decision = decide(
      seenWorld({
        credentials: secret({ state: 'absent' }),
        claims: [claim],
        children: childrenWith('Service', 'conflict'),
      }),
    )
    expect(judgement(decision, 'Stalled')).toBe('True CredentialsMissingForExistingData')
  })

  it('that are lost under a running database stall it, and clients are still served', () => {
    const decision = decide(readyWorld({ credentials: secret({ state: 'absent' }) }))
    expect(judgement(decision, 'Stalled')).toBe('True CredentialsMissingForExistingData')
    expect(judgement(decision, 'Available')).toBe('True LoginSucceeded')
  })

  it('that are restored let the database go on', () => {
    let world = readyWorld()
    const { credentials } = world
    world = withStatus(
      { ...world, credentials: secret({ state: 'absent' }) },
      decide({ ...world, credentials: secret({ state: 'absent' }) }),
    )
    expect(decide({ ...world, credentials }).status.phase).toBe('Verifying')
  })
})

describe('credentials that somebody else keeps', () => {
  it.each([
    ['absent', 'CredentialsSecretMissing'],
    ['incomplete', 'CredentialsSecretIncomplete'],
  ] as const)('are waited for while %s, without stalling', (state, reason) => {
    const decision = decide(seenWorld({ credentials: secret({ source: 'existing', state }) }))
    expect(judgement(decision, 'Ready')).toBe(`False ${reason}`)
    expect(condition(decision, 'Stalled')).toBeUndefined()
    expect(decision).toMatchObject({ effects: [], next: { type: 'change', withinMs: 5000 } })
  })

  it('are no reason to leave a running database on an old spec', () => {
    const world = runningWorld({
      credentials: secret({ source: 'existing', state: 'absent' }),
      children: childrenWith('StatefulSet', 'update'),
    })
    expect(decide(world).effects).toMatchObject([{ type: 'apply', objects: [{ kind: 'StatefulSet' }] }])
  })
})

describe('children', () => {
  it('that the pods need are applied in order, those that stand already are not', () => {
    const world = seenWorld({
      credentials: secret({}),
      children: [aChild('ServiceAccount', 'orders', 'provisioning', 'unchanged'), ...children('create').slice(1)],
    })
    const decision = decide(world)
    expect(decision.status.phase).toBe('Provisioning')
    expect(decision.effects).toMatchObject([
      { type: 'apply', objects: [{ kind: 'ConfigMap' }, { kind: 'StatefulSet' }] },
    ])
  })

  it('that stand beside the pods are applied in Configuring', () => {
    const decision = decide(runningWorld({ children: childrenWith('Service', 'create') }))
    expect(decision.status.phase).toBe('Configuring')
    expect(decision.effects).toMatchObject([
      { objects: [{ metadata: { name: 'orders' } }, { metadata: { name: 'orders-pods' } }] },
    ])
  })

  it.each([
    ['conflict', 'FieldManagerConflict'],
    ['refused', 'RefusedByServer'],
  ] as const)(
    'with verdict %s stop the pass before anything is applied, even those of a later stage',
    (verdict, reason) => {
      const world = seenWorld({
        children: [
          ...children('create').slice(0, 4),
          aChild('Service', 'orders-pods', 'configuring', verdict, 'because'),
        ],
      })
      const decision = decide(world)
      expect(decision.status.phase).toBe('Failed')
      expect(judgement(decision, 'Stalled')).toBe(`True ${reason}`)
      expect(condition(decision, 'Stalled')?.message).toBe('Service shop/orders-pods: because')
      expect(decision).toMatchObject({ effects: [], next: { type: 'stalled', reason } })
    },
  )
})
