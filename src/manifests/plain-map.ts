import { notPlain } from './cursor.ts'

/** Sets a new key. Keys that are not text, stand there already or mean something else are left to the library. */
export function assign(map: Record<string, unknown>, key: unknown, value: unknown): void {
  if (typeof key !== 'string' || key === '__proto__' || key === '<<' || Object.hasOwn(map, key)) return notPlain()
  map[key] = value
}
