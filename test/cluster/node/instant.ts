/** Pods without processes: running and ready as soon as they are seen, for measuring everything else. */
import { ApiError } from '../api-client.ts'
import { timestamp } from './objects.ts'
import type { Container, ContainerStatus, Pod } from './objects.ts'
import { podStatus } from './pod-status.ts'
import type { NodeContext } from './pod-context.ts'

const instantStatus =
  (now: string, kind: 'init' | 'regular') =>
  ({ name, image }: Container): ContainerStatus => ({
    name,
    image,
    imageID: image,
    containerID: `local://${name}`,
    state:
      kind === 'regular'
        ? { running: { startedAt: now } }
        : {
            terminated: {
              exitCode: 0,
              reason: 'Completed',
              startedAt: now,
              finishedAt: now,
              containerID: `local://${name}`,
            },
          },
    lastState: {},
    ready: true,
    started: kind === 'regular',
    restartCount: 0,
  })

/** Shows a pod as ready, or, when it is being deleted, removes it. Every failure is the pod being gone already. */
export async function settlePod(node: NodeContext, pod: Pod, podIP: string): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  const now = timestamp()
  try {
    if (pod.metadata.deletionTimestamp !== undefined) {
      await node.api.delete(path, { gracePeriodSeconds: 0, preconditions: { uid } })
    } else if (pod.status?.phase !== 'Running') {
      const status = podStatus({
        pod,
        initContainerStatuses: (pod.spec.initContainers ?? []).map(instantStatus(now, 'init')),
        containerStatuses: pod.spec.containers.map(instantStatus(now, 'regular')),
        hostIP: node.hostIP,
        podIP,
        startTime: now,
        conditions: [],
        now,
      })
      await node.api.merge(`${path}/status`, { metadata: { uid }, status })
    }
  } catch (error) {
    if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error
  }
}
