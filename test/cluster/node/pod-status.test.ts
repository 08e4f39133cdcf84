import { describe, expect, test } from 'vitest'
import type { ContainerState, ContainerStatus, Pod } from './objects.ts'
import { podStatus } from './pod-status.ts'

const time = '2026-01-01T00:00:00Z'
const ended = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: 'Error', startedAt: time, finishedAt: time, containerID: 'local://1' },
})
const running: ContainerState = { running: { startedAt: time } }
const waiting: ContainerState = { waiting: { reason: 'CrashLoopBackOff' } }
const container = (state: ContainerState, rest: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'main',
  image: '',
  imageID: '',
  state,
  lastState: {},
  ready: false,
  started: false,
  restartCount: 0,
  ...rest,
})
const status = (
  containers: readonly ContainerStatus[],
  options: { init?: readonly ContainerStatus[]; spec?: Partial<Pod['spec']>; deleted?: boolean } = {},
): { phase: string | undefined; ready: string; readyReason: string | undefined } => {
  const pod: Pod = {
    metadata: { name: 'db-0', ...(options.deleted === true && { deletionTimestamp: time }) },
    spec: { containers: [], ...options.spec },
  }
  const result = podStatus({
    pod,
    initContainerStatuses: options.init ?? [],
    containerStatuses: containers,
    hostIP: '127.0.0.1',
    podIP: '10.244.0.2',
    startTime: time,
    conditions: [],
    now: time,
  })
  const ready = result.conditions?.find(({ type }) => type === 'Ready')
  return { phase: result.phase, ready: ready?.status ?? '', readyReason: ready?.reason }
}

describe('the status of a pod', () => {
  test('is Pending while init containers run', () => {
    expect(status([container({ waiting: { reason: 'PodInitializing' } })], { init: [container(running)] })).toEqual({
      phase: 'Pending',
      ready: 'False',
      readyReason: 'ContainersNotReady',
    })
  })

  test('is Running and ready when its containers are', () => {
    expect(status([container(running, { ready: true })], { init: [container(ended(0))] })).toEqual({
      phase: 'Running',
      ready: 'True',
      readyReason: undefined,
    })
  })

  test('stays Running while a container waits to be restarted', () => {
    expect(status([container(waiting, { lastState: ended(1) })])).toMatchObject({ phase: 'Running', ready: 'False' })
  })

  test('is Pending when a container has never started', () => {
    expect(status([container({ waiting: { reason: 'ErrImagePull' } })])).toMatchObject({ phase: 'Pending' })
  })

  test('ends as its containers do', () => {
    const spec = { restartPolicy: 'Never' } as const
    expect(status([container(ended(0))], { spec })).toMatchObject({ phase: 'Succeeded', readyReason: 'PodCompleted' })
    expect(status([container(ended(3))], { spec })).toMatchObject({ phase: 'Failed', readyReason: 'PodFailed' })
    expect(status([container(ended(0))], { deleted: true })).toMatchObject({ phase: 'Succeeded' })
    expect(status([container(ended(0))])).toMatchObject({ phase: 'Running' })
  })

  test('is not ready before its readiness gates are open', () => {
    const spec = { readinessGates: [{ conditionType: 'example.com/open' }] }
    expect(status([container(running, { ready: true })], { spec })).toMatchObject({
      ready: 'False',
      readyReason: 'ReadinessGatesNotReady',
    })
  })
})
