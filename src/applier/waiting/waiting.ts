import type { KubernetesObject } from '../../api/object.ts'
import { Wait } from './wait.ts'
import type { WaitOptions, WaitOutcome, WaitingApi } from './wait-options.ts'

export type { WaitOptions, WaitOutcome, WaitProgress, WaitingApi } from './wait-options.ts'

/**
 * Waits until objects are as they should be, or it is clear that they will not be.
 *
 * An object that is ready as handed over costs no request; for the others one LIST and one WATCH per kind and namespace
 * (above four namespaces: per kind) serve any number of objects.
 *
 * @param objects as the server returned them: from the apply, or from planning where nothing changed
 * @returns one outcome per object, in the order of `objects`; never throws for what the server says
 */
export function waitForObjects(
  api: WaitingApi,
  objects: readonly KubernetesObject[],
  options: WaitOptions,
): Promise<WaitOutcome[]> {
  return new Wait(api, objects, options).run()
}
