/**
 * Fields of the children that another manager may own. Each makes sense by itself, and the database works without our
 * value:
 *
 * - `statefulSet.replicas`: a scaler that puts databases to sleep; only 0 and 1 make sense, and only without standbys: a
 *   second pod would be another, empty database
 * - `statefulSet.resources`: CPU and memory of the container `postgres` (a vertical autoscaler). Memory settings still
 *   follow from `spec.resources`
 * - `service.type`: a Service that is published to the outside by somebody else
 * - `networkPolicy.ingress`: rules that are made from elsewhere. The list is one field to server-side apply, so it
 *   cannot be shared. Until somebody writes it, nobody may connect
 */
export const HANDED_OVER_FIELDS = [
  'statefulSet.replicas',
  'statefulSet.resources',
  'service.type',
  'networkPolicy.ingress',
] as const

/** One of them. */
export type HandedOverField = (typeof HANDED_OVER_FIELDS)[number]

/** Whether a spec leaves a field to somebody else. */
export function isHandedOver(
  spec: { readonly handedOver?: readonly HandedOverField[] | undefined },
  field: HandedOverField,
): boolean {
  return spec.handedOver?.includes(field) ?? false
}

/** Where each field stands, in paths as the API server and our plans write them. */
const PLACES: Readonly<Record<HandedOverField, { readonly kind: string; readonly path: RegExp }>> = {
  'statefulSet.replicas': { kind: 'StatefulSet', path: /^\.?spec\.replicas$/ },
  'statefulSet.resources': {
    kind: 'StatefulSet',
    path: /^\.?spec\.template\.spec\.containers\[name="?postgres"?\]\.resources\b/,
  },
  'service.type': { kind: 'Service', path: /^\.?spec\.type$/ },
  'networkPolicy.ingress': { kind: 'NetworkPolicy', path: /^\.?spec\.ingress\b/ },
}

/** The name under which a child's field could be handed over: a remedy for a conflict. `undefined` where it cannot. */
export function handOverNameOf(kind: string, path: string): HandedOverField | undefined {
  return HANDED_OVER_FIELDS.find((field) => PLACES[field].kind === kind && PLACES[field].path.test(path))
}
