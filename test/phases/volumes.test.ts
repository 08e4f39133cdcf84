import { describe, expect, test } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import type { ClaimObservation, World } from '../../src/phases/world.ts'
import { anUnreadyPod, children, deployingWorld, readyWorld, withStatus } from './worlds.ts'

const claim = (change: Partial<ClaimObservation> = {}): ClaimObservation => ({
  name: 'data-orders-0',
  uid: 'claim-uid',
  createdAt: '2026-11-21T10:00:00Z',
  phase: 'Bound',
  requested: '10Gi',
  capacity: '10Gi',
  ...change,
})

const wanting = (size: string): World['children'] =>
  children('unchanged').map((child) =>
    child.object.kind === 'StatefulSet'
      ? {
          ...child,
          object: {
            ...child.object,
            spec: {
              volumeClaimTemplates: [
                { metadata: { name: 'data' }, spec: { resources: { requests: { storage: size } } } },
              ],
            },
          },
        }
      : child,
  )

const worldOf = (size: string, claims: ClaimObservation[], change: Partial<World> = {}): World =>
  readyWorld({ children: wanting(size), claims, ...change })

describe('a claim that is smaller than the template asks for', () => {
  test('grows before anything else is applied', () => {
    const replaced = wanting('20Gi').map((child) =>
      child.object.kind === 'StatefulSet' ? { ...child, verdict: 'replace' as const, replaces: 'sts-uid' } : child,
    )
    const { effects, status, next } = decide({ ...worldOf('20Gi', [claim()]), children: replaced })
    expect(effects).toEqual([{ type: 'grow-claim', name: 'data-orders-0', uid: 'claim-uid', from: '10Gi', to: '20Gi' }])
    expect(status.phase).toBe('Updating')
    expect(next).toEqual({ type: 'now' })
  })

  test('grows whatever state the pods are in, and while there is no StatefulSet', () => {
    for (const change of [{ pods: [] }, { pods: [], statefulSet: undefined }]) {
      expect(decide(worldOf('20Gi', [claim()], change)).effects[0]).toMatchObject({ type: 'grow-claim', to: '20Gi' })
    }
  })

  test.each([
    [
      'crashes on a full volume',
      'CrashLoopBackOff',
      'FATAL:  could not write lock file "postmaster.pid": No space left on device',
    ],
    ['crashes for any reason', 'CrashLoopBackOff', 'PANIC:  could not locate a valid checkpoint record'],
    ['cannot get its image', 'ImagePullBackOff', ''],
  ])('grows first, then the StatefulSet is replaced, while the pod %s', (_what, reason, message) => {
    const crashed = {
      restartCount: 7,
      state: { waiting: { reason } },
      ...(message === '' ? {} : { lastState: { terminated: { exitCode: 1, reason: 'Error', message } } }),
    }
    const replaced = wanting('2Gi').map((child) =>
      child.object.kind === 'StatefulSet' ? { ...child, verdict: 'replace' as const, replaces: 'sts-uid' } : child,
    )
    const small = claim({ requested: '1Gi', capacity: '1Gi' })
    const world = deployingWorld(anUnreadyPod({ postgres: crashed }), { children: replaced, claims: [small] })
    const first = decide(world)
    expect(first.effects).toEqual([
      { type: 'grow-claim', name: 'data-orders-0', uid: 'claim-uid', from: '1Gi', to: '2Gi' },
    ])
    const grown = withStatus({ ...world, claims: [claim({ requested: '2Gi', capacity: '1Gi' })] }, first)
    expect(decide(grown).effects).toMatchObject([{ type: 'replace', uid: 'sts-uid' }])
  })

  test.each([
    ['is of another size in the same amount', '10240Mi', claim()],
    ['is larger already', '5Gi', claim()],
    ['has no volume yet', '20Gi', claim({ phase: 'Pending' })],
    ['is being deleted', '20Gi', claim({ phase: 'Terminating' })],
    ['is of another template', '20Gi', claim({ name: 'wal-orders-0' })],
    ['is of another StatefulSet', '20Gi', claim({ name: 'data-orders-eu-0' })],
  ])('does not grow where it %s', (_title, size, one) => {
    expect(decide(worldOf(size, [one])).effects).toEqual([])
  })
})

describe('a volume that grows', () => {
  const growing = claim({ requested: '20Gi' })

  test('is told as what is still to come, while clients are served', () => {
    const { status, effects, next } = decide(worldOf('20Gi', [growing]))
    expect(status.phase).toBe('Updating')
    const reasons = Object.fromEntries(
      (status.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]),
    )
    expect(reasons).toMatchObject({
      Ready: 'False ResizingVolume',
      Available: 'True LoginSucceeded',
      Degraded: 'False AsExpected',
      Reconciling: 'True ResizingVolume',
    })
    expect(effects).toEqual([])
    expect(next).toEqual({ type: 'change', withinMs: 5000 })
  })

  test('quotes its conditions, and an error first', () => {
    const resize = { type: 'NodeResizeError', message: 'no space on the node' }
    const { status } = decide(worldOf('20Gi', [growing, claim({ name: 'data-orders-1', requested: '20Gi', resize })]))
    expect(status.conditions?.find(({ type }) => type === 'Degraded')).toMatchObject({
      status: 'True',
      message: 'The volume of claim data-orders-1 grows from 10Gi to 20Gi: NodeResizeError: no space on the node',
    })
  })

  test('is Ready again when it has its size', () => {
    expect(decide(worldOf('20Gi', [claim({ requested: '20Gi', capacity: '20Gi' })])).status.phase).toBe('Ready')
  })
})

describe('a StatefulSet that is to be replaced', () => {
  test('is replaced in its place among what is applied', () => {
    const pending = children('update').map((child) =>
      child.object.kind === 'StatefulSet' ? { ...child, verdict: 'replace' as const, replaces: 'sts-uid' } : child,
    )
    const { effects } = decide(readyWorld({ children: pending }))
    expect(effects.map((effect) => effect.type)).toEqual(['apply', 'replace', 'apply'])
    expect(effects[1]).toMatchObject({ uid: 'sts-uid' })
  })

  test('is created where the old one is gone and its pods run', () => {
    const pending = children('unchanged').map((child) =>
      child.object.kind === 'StatefulSet' ? { ...child, verdict: 'create' as const } : child,
    )
    const { effects, status } = decide(readyWorld({ children: pending, statefulSet: undefined }))
    expect(effects.map((effect) => effect.type)).toEqual(['apply'])
    expect(status.phase).toBe('Updating')
  })
})
