/** Killed at a request, a rerun ends where an undisturbed run ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { startFaultProxy } from '../faults/proxy.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest, password, query, storedWrites } from './database.ts'

const cluster = await useCluster()
const directory = mkdtempSync(join(tmpdir(), 'kill-'))

beforeAll(() => installDefinition(cluster))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const isWriteOf = (method: string, url: string): boolean =>
  method !== 'GET' && !url.includes('dryRun=All') && !url.includes('selfsubjectaccessreviews')

/** Applies the lab manifest and kills the program when its n-th write was executed and the reply is on its way. */
async function applyAndKill(namespace: string, killAtWrite: number): Promise<void> {
  let child: ChildProcess | undefined
  let writes = 0
  const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority, {
    async after({ method, url }) {
      if (!isWriteOf(method, url)) return
      writes += 1
      if (writes !== killAtWrite || child === undefined) return
      const gone = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  })
  try {
    const kubeconfig = join(directory, `${namespace}.kubeconfig`)
    await proxy.writeKubeconfig(cluster.kubeconfig, kubeconfig)
    const { code } = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '60s'], {
      kubeconfig,
      stdin: labManifest(),
      onStart: (started) => (child = started),
    })
    expect(code, `the run was not killed at write ${killAtWrite}`).toBe(137)
  } finally {
    await proxy.close()
  }
}

/** What must be the same after every way to get there: the desired part of each object, without what the server adds. */
async function endState(namespace: string): Promise<unknown> {
  const { stdout } = await cluster.kubectl([
    '-n',
    namespace,
    'get',
    'db,sts,svc,cm,networkpolicy,sa,role,rolebinding,pvc,secret,pod',
    '-o',
    'json',
  ])
  const { items } = JSON.parse(stdout) as {
    items: {
      kind: string
      metadata: {
        name: string
        labels?: object
        annotations?: Record<string, string>
        ownerReferences?: { kind: string; name: string }[]
      }
      spec?: { volumeName?: string; clusterIP?: string; clusterIPs?: string[] }
      data?: Record<string, string>
    }[]
  }
  return items
    .filter(({ kind, metadata }) => !['default', 'kube-root-ca.crt'].includes(metadata.name) && kind !== 'Pod')
    .map(({ kind, metadata, spec, data }) => ({
      kind,
      name: metadata.name,
      labels: metadata.labels,
      owners: metadata.ownerReferences?.map((owner) => `${owner.kind} ${owner.name}`),
      keys: Object.keys(data ?? {}).toSorted(),
      spec: JSON.stringify({ ...spec, volumeName: '', clusterIP: '', clusterIPs: [] }).replaceAll(
        namespace,
        'NAMESPACE',
      ),
    }))
}

describe('a first apply that is killed', () => {
  // An undisturbed first apply makes 17 to 20 writes; these points are spread over them.
  const points = [1, 2, 3, 4, 5, 7, 9, 11, 13, 15]
  let reference: unknown

  beforeAll(async () => {
    const namespace = await createNamespace(cluster, 'kill-reference')
    const { code } = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '60s'], {
      kubeconfig: cluster.kubeconfig,
      stdin: labManifest(),
    })
    expect(code).toBe(0)
    reference = await endState(namespace)
  })

  test.each(points)('at write %i ends like an undisturbed one when it is run again', async (point) => {
    const namespace = await createNamespace(cluster, 'kill')
    await applyAndKill(namespace, point)
    const secretBefore = await field(cluster, namespace, '.data.password', 'secret/test-db-credentials')
    const { code, stderr } = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '60s'], {
      kubeconfig: cluster.kubeconfig,
      stdin: labManifest(),
    })
    expect(code, stderr).toBe(0)
    expect(await endState(namespace)).toEqual(reference)
    if (secretBefore !== '')
      expect(await field(cluster, namespace, '.data.password', 'secret/test-db-credentials')).toBe(secretBefore)
    const creations = (await storedWrites(cluster, namespace)).filter(
      ({ objectRef, verb }) => objectRef?.resource === 'secrets' && verb === 'create',
    )
    expect(creations.filter(({ responseStatus }) => responseStatus?.code === 201)).toHaveLength(1)
    expect(
      await query(cluster, namespace, 'select 1 as one', { password: await password(cluster, namespace) }),
    ).toEqual([{ one: 1 }])
  })
})
