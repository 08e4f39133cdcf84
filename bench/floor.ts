/**
 * The least that anybody can do: the same requests, and nothing else. `node floor.js list|patch|send PLAN`
 *
 * `list` reads collections in pages, all collections side by side, and parses the replies; `patch` applies objects with
 * 16 requests in flight, bodies as they stand in the plan; `send` sends what its lines say as JSON, likewise. Prints requests and bytes by resource as JSON.
 */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

/** First line of a plan. A line for each request follows: path, space, body where there is one. */
export interface FloorHead {
  readonly server: string
  readonly certificateAuthority: string
  readonly token: string
}

/** A line of a plan for `send`. */
export interface FloorRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** Of the body. */
  readonly type: string
  readonly body: string
}

/** What the requests for one resource came to. */
export interface FloorUsage {
  readonly requests: number
  readonly objects: number
  /** Of the replies' bodies. */
  readonly bytesReceived: number
}

/** What a floor prints. */
export type FloorReport = Readonly<Record<string, FloorUsage>>

const IN_FLIGHT = 16
const PAGE = 500

const [mode = '', planFile = ''] = process.argv.slice(2)
const [headLine = '', ...lines] = readFileSync(planFile, 'utf8').trimEnd().split('\n')
const head: FloorHead = JSON.parse(headLine)
const { hostname, port } = new URL(head.server)
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT, ca: head.certificateAuthority })
const report: Record<string, FloorUsage> = {}

/** Sends one request. @returns the body of the reply */
function send(method: string, path: string, body?: string, type = 'application/apply-patch+yaml'): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        path,
        method,
        agent,
        headers: {
          accept: 'application/json',
          'user-agent': 'bench-floor',
          authorization: `Bearer ${head.token}`,
          ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
        },
      },
      (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('error', reject)
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          if ((reply.statusCode ?? 500) < 300) resolve(text)
          else reject(new Error(`${method} ${path}: ${text.slice(0, 1000)}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function count(resource: string, objects: number, bytes: number): void {
  const before = report[resource] ?? { requests: 0, objects: 0, bytesReceived: 0 }
  report[resource] = {
    requests: before.requests + 1,
    objects: before.objects + objects,
    bytesReceived: before.bytesReceived + bytes,
  }
}

/** The resource in `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE[/NAME][?QUERY]`, or without a namespace. */
function resourceOf(path: string): string {
  const segments = path
    .replace(/\?.*/, '')
    .split('/')
    .slice(path.startsWith('/apis/') ? 4 : 3)
  return (segments[0] === 'namespaces' && segments.length > 2 ? segments[2] : segments[0]) ?? ''
}

async function list(path: string): Promise<void> {
  let next = ''
  do {
    const text = await send('GET', `${path}&limit=${PAGE}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`)
    const page: { readonly items: readonly unknown[]; readonly metadata: { readonly continue?: string } } =
      JSON.parse(text)
    count(resourceOf(path), page.items.length, Buffer.byteLength(text))
    next = page.metadata.continue ?? ''
  } while (next !== '')
}

async function patchAll(): Promise<void> {
  const queue = lines.values()
  const worker = async (): Promise<void> => {
    for (const line of queue) {
      const space = line.indexOf(' ')
      const path = line.slice(0, space)
      const reply = await send('PATCH', path, line.slice(space + 1))
      count(resourceOf(path), 1, Buffer.byteLength(reply))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

async function sendAll(): Promise<void> {
  const queue = lines.values()
  const worker = async (): Promise<void> => {
    for (const line of queue) {
      const { method, path, type, body }: FloorRequest = JSON.parse(line)
      const reply = await send(method, path, body, type)
      count(resourceOf(path), 1, Buffer.byteLength(reply))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

if (mode === 'list') await Promise.all(lines.map(list))
else if (mode === 'patch') await patchAll()
else await sendAll()
agent.destroy()
process.stdout.write(JSON.stringify(report))
