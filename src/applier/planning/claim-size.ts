import type { JsonPatchOperation } from '../../plan/json-patch.ts'

/** The change of a claim that makes it larger. */
export function sizePatch(size: string): JsonPatchOperation[] {
  return [{ op: 'replace', path: '/spec/resources/requests/storage', value: size }]
}
