import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/**
 * `node:http`, without undici. An `import` of it reads every export once, and `http.WebSocket` is a getter that loads
 * undici: 50 ms of every start, measured with `npm run bench:cold-start`.
 */
export const http: typeof import('node:http') = load('node:http')

/** `node:https`, for the same reason. */
export const https: typeof import('node:https') = load('node:https')

/** `node:zlib`, for the few servers that are asked to compress. */
export function loadZlib(): typeof import('node:zlib') {
  return load('node:zlib')
}
