/** The shared cluster as a test file sees it. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestRunner, afterAll, inject, onTestFinished } from 'vitest'
import { attachControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { withNodeSuffix } from './global-setup.ts'
import type { SharedClusterReply } from './global-setup.ts'

/**
 * A control plane that other test files use at the same time.
 *
 * Its programs cannot be stopped: a test that needs that starts a control plane of its own.
 */
export type SharedControlPlane = Omit<
  ControlPlane,
  | 'stop'
  | 'stopApiServer'
  | 'startApiServer'
  | 'restartApiServer'
  | 'restartEtcd'
  | 'stopControllerManager'
  | 'startControllerManager'
>

const namespaceWithinMs = 30_000
const lookEveryMs = 50

/**
 * The control plane of this test run, with an audit log at level `Request`; the first caller waits until it is up.
 *
 * Call it at the top of a test file, `const controlPlane = await useControlPlane()`: there, no test's or hook's
 * timeout applies to a first start that builds the programs.
 *
 * @throws Error when the cluster could not be started, the same for every test file.
 */
export async function useControlPlane(): Promise<SharedControlPlane> {
  return ask(inject('sharedCluster').secret)
}

/** The same, with a local node that runs pods. Every pod of the run is its: a test file must not start another one there. */
export async function useCluster(): Promise<SharedControlPlane> {
  return ask(withNodeSuffix(inject('sharedCluster').secret))
}

async function ask(question: string): Promise<SharedControlPlane> {
  const { port } = inject('sharedCluster')
  const text = await new Promise<string>((resolve, reject) => {
    let received = ''
    const connection = connect(port, '127.0.0.1', () => connection.write(question))
    connection.setEncoding('utf8')
    connection.on('data', (chunk: string) => {
      received += chunk
    })
    connection.on('error', reject)
    connection.on('end', () => resolve(received))
  })
  const reply: SharedClusterReply = JSON.parse(text)
  if ('failed' in reply) throw new Error(reply.failed)
  return attachControlPlane(reply.directory)
}

/** What the namespace is like. */
export interface NamespaceOptions {
  /** For instance `pod-security.kubernetes.io/enforce: restricted`. @default none */
  readonly labels?: Readonly<Record<string, string>>
}

/**
 * Creates a namespace of its own for a test, or for a test file when called outside of one, and waits until pods can
 * be created in it. It is deleted afterwards; nobody waits for the end of that.
 *
 * @returns its name, `prefix` and some random letters.
 */
export async function createNamespace(
  controlPlane: Pick<ControlPlane, 'request'>,
  prefix: string,
  options: NamespaceOptions = {},
): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`
  const path = `/api/v1/namespaces/${name}`
  const remove = async (): Promise<void> => {
    await controlPlane.request('DELETE', path)
  }
  if (TestRunner.getCurrentTest() === undefined) afterAll(remove)
  else onTestFinished(remove)

  const { status, body } = await controlPlane.request('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: options.labels ?? {} } },
  })
  if (status !== 201) throw new Error(`could not create namespace ${name}: ${JSON.stringify(body)}`)
  const deadline = Date.now() + namespaceWithinMs
  while (Date.now() < deadline) {
    // Without its service account a pod is refused, without the configuration map it cannot start.
    const furniture = await Promise.all([
      controlPlane.request('GET', `${path}/serviceaccounts/default`),
      controlPlane.request('GET', `${path}/configmaps/kube-root-ca.crt`),
    ])
    if (furniture.every((reply) => reply.status === 200)) return name
    await sleep(lookEveryMs)
  }
  throw new Error(`namespace ${name} got no service account: is the controller manager running?`)
}
