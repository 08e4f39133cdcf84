/**
 * Faults that a test asks the node for: through its handle, through annotations of a pod, or, where the pod's template
 * is under test and cannot be touched, through a ConfigMap named `local-node` in the pod's namespace, whose keys are
 * pod names (or `default` for all pods) and whose values are JSON of {@link Misbehaviour}.
 */
import * as z from 'zod'
import type { ConfigMap, Pod } from './objects.ts'

/** What goes wrong with a pod. Everything is off by default. */
export interface Misbehaviour {
  /** The pod's images cannot be pulled. */
  readonly imageUnavailable?: boolean | undefined
  /** Every container starts so much later, in milliseconds. */
  readonly startDelayMs?: number | undefined
  /** Readiness is never reported, whatever the probe says. */
  readonly neverReady?: boolean | undefined
  /** The pod does not fit on the node. */
  readonly unschedulable?: boolean | undefined
}

/** Name of the ConfigMap with faults for the pods of its namespace. */
export const misbehaviourConfigMap = 'local-node'
/** Key of that ConfigMap that stands for every pod. */
const everyPod = 'default'
/** Annotation of a pod with JSON of {@link Misbehaviour}. */
export const misbehaviourAnnotation = 'local-node.cdk8s-database.example.com/misbehaviour'

const schema = z.strictObject({
  imageUnavailable: z.boolean().optional(),
  startDelayMs: z.number().nonnegative().optional(),
  neverReady: z.boolean().optional(),
  unschedulable: z.boolean().optional(),
})

/** Reads JSON of a misbehaviour; throws when it asks for something that the node cannot do. */
export function parseMisbehaviour(json: string): Misbehaviour {
  return schema.parse(JSON.parse(json))
}

/** The faults asked for `pod`: its annotation over the ConfigMap's entry for it over the one for every pod. */
export function misbehaviourOf(pod: Pod, configMap: ConfigMap | undefined): Misbehaviour {
  const texts = [
    configMap?.data?.[everyPod],
    configMap?.data?.[pod.metadata.name],
    pod.metadata.annotations?.[misbehaviourAnnotation],
  ]
  let all: Misbehaviour = {}
  for (const text of texts) if (text !== undefined) all = { ...all, ...parseMisbehaviour(text) }
  return all
}
