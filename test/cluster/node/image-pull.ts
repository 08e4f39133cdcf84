/** Getting an image: here, finding the programs that stand for it. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { BackOff } from './back-off.ts'
import { formatImage, notFoundMessage, parseImage, postgresMajor } from './images.ts'
import type { Container } from './objects.ts'
import type { PodContext } from './pod-context.ts'
import type { Programs } from './programs.ts'

/** An image that is there. */
export interface PulledImage {
  readonly programs: Programs
  /** As a runtime reports it, for instance `docker.io/library/postgres:18`. */
  readonly image: string
  readonly imageID: string
}

/** Reports why a container waits, and that it got on. */
export interface PullObserver {
  onWaiting(reason: string, message: string): void
  onEvent(type: 'Normal' | 'Warning', reason: string, message: string): void
}

/** The kubelet shows `ErrImagePull` until its next look at the pod, then `ImagePullBackOff`. */
const errorShownMs = 300
const minimumBackOffMs = 500

const lookUp = async (context: PodContext, image: string): Promise<PulledImage | undefined> => {
  const name = parseImage(image)
  const { node } = context
  if (name === undefined || node.misbehaviourOf(context.pod()).imageUnavailable === true) return undefined
  const major = postgresMajor(name)
  const programs = major === undefined ? undefined : await node.programs.find(major)
  if (programs === undefined) {
    if (major !== undefined) node.log(`image ${image}: this machine has no programs of PostgreSQL ${major}`)
    return undefined
  }
  const digest = name.digest ?? `sha256:${createHash('sha256').update(formatImage(name)).digest('hex')}`
  return { programs, image: formatImage(name), imageID: `${name.repository}@${digest}` }
}

/**
 * Tries until the image is there or `signal` aborts (then nothing), longer apart after every failure.
 *
 * `container` is asked for before each attempt: the image of a waiting pod may be corrected in place.
 */
export async function pullImage(
  context: PodContext,
  container: () => Container,
  observer: PullObserver,
  signal: AbortSignal,
): Promise<PulledImage | undefined> {
  const backOff = new BackOff(context.node.backOffMs)
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined)
  while (!signal.aborted) {
    const { image, imagePullPolicy } = container()
    const name = parseImage(image)
    if (name === undefined) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
      observer.onWaiting('InvalidImageName', message)
      observer.onEvent('Warning', 'InspectFailed', message)
      await pause(Math.max(backOff.next(), minimumBackOffMs))
      continue
    }
    const cached = imagePullPolicy !== 'Always' && context.node.images.has(image)
    if (!cached) observer.onEvent('Normal', 'Pulling', `Pulling image "${image}"`)
    const pulled = await lookUp(context, image)
    if (pulled !== undefined) {
      context.node.images.add(image)
      if (cached) observer.onEvent('Normal', 'Pulled', `Container image "${image}" already present on machine`)
      else observer.onEvent('Normal', 'Pulled', `Successfully pulled image "${image}" in 1ms (1ms including waiting).`)
      return pulled
    }
    const error = notFoundMessage(name)
    observer.onEvent('Warning', 'Failed', `Failed to pull image "${image}": ${error}`)
    observer.onEvent('Warning', 'Failed', 'Error: ErrImagePull')
    observer.onWaiting('ErrImagePull', error)
    const delayMs = Math.max(backOff.next(), minimumBackOffMs)
    await pause(Math.min(errorShownMs, delayMs))
    if (signal.aborted) return undefined
    observer.onEvent('Normal', 'BackOff', `Back-off pulling image "${image}"`)
    observer.onEvent('Warning', 'Failed', 'Error: ImagePullBackOff')
    observer.onWaiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${error}`)
    await pause(delayMs - errorShownMs)
  }
  return undefined
}
