/** Killed at any request with --prune, the next run knows every object that was ever created. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readInventory } from '../../src/applier/inventory/inventory-reading.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { startFaultProxy } from '../faults/proxy.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { installDefinition, labManifest } from './database.ts'
import { clusterApi, configMap } from './prune-run.ts'

const cluster = await useCluster()
const api = await clusterApi(cluster.kubeconfig)
const directory = mkdtempSync(join(tmpdir(), 'prune-'))

beforeAll(() => installDefinition(cluster))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const manifests = (namespace: string, names: readonly string[]): string =>
  names.map((name) => JSON.stringify(configMap(namespace, name, names.join()))).join('\n---\n')

const apply = (
  namespace: string,
  text: string,
  kubeconfig = cluster.kubeconfig,
  onStart?: (child: ChildProcess) => void,
): Promise<CommandResult> =>
  cli(['apply', '-f', '-', '-n', namespace, '--prune', '--set', 'shop', '--yes', '--timeout', '60s'], {
    kubeconfig,
    stdin: text,
    ...(onStart === undefined ? {} : { onStart }),
  })

/** Applies and kills the program when its n-th request was executed and the reply is on its way. */
async function applyAndKill(namespace: string, text: string, request: number): Promise<boolean> {
  let child: ChildProcess | undefined
  let requests = 0
  const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority, {
    async after() {
      requests += 1
      if (requests !== request || child === undefined) return
      const gone = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  })
  try {
    const kubeconfig = join(directory, `${namespace}.kubeconfig`)
    await proxy.writeKubeconfig(cluster.kubeconfig, kubeconfig)
    const { code } = await apply(namespace, text, kubeconfig, (started) => (child = started))
    return code === 137
  } finally {
    await proxy.close()
  }
}

async function made(namespace: string): Promise<string[]> {
  const labelSelector = 'made=yes'
  const objects = await api.listMetadata({ apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector })
  return objects.map(({ metadata }) => metadata.name).toSorted()
}

describe('apply --prune that is killed', () => {
  test('at any request leaves an inventory that knows every object, and the next run ends as if nothing was', async () => {
    let points = 0
    for (let point = 1; ; point += 1) {
      const namespace = await createNamespace(cluster, 'prune-kill')
      expect((await apply(namespace, manifests(namespace, ['a', 'b']))).code).toBe(0)
      if (!(await applyAndKill(namespace, manifests(namespace, ['b', 'c', 'd']), point))) break
      points += 1
      const known = (await readInventory(api, { set: 'shop', namespace })).members.map(({ name }) => name)
      expect(known, `request ${point}`).toEqual(expect.arrayContaining(await made(namespace)))
      const { code, stderr } = await apply(namespace, manifests(namespace, ['c']))
      expect(code, stderr).toBe(0)
      expect(await made(namespace), `request ${point}`).toEqual(['c'])
    }
    expect(points).toBeGreaterThan(8)
  }, 180_000)

  // Before the inventory, and among what follows it.
  test.each([5, 15, 25, 35])('at request %i of a database leaves nothing unknown', async (point) => {
    const namespace = await createNamespace(cluster, 'prune-kill')
    expect(await applyAndKill(namespace, labManifest(), point), 'killed').toBe(true)
    const { members } = await readInventory(api, { set: 'shop', namespace })
    const { stdout } = await cluster.kubectl([
      '-n',
      namespace,
      'get',
      'db,sts,svc,cm,secret,sa,role,rolebinding,networkpolicy',
      '-o',
      'name',
      '-l',
      'app.kubernetes.io/managed-by=cdk8s-database,!database.example.com/inventory',
    ])
    const kinds = new Set(members.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`))
    const live = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/\.[^/]*/, ''))
    expect(
      live.filter((line) => !kinds.has(line)),
      `request ${point}`,
    ).toEqual([])
  })
})
