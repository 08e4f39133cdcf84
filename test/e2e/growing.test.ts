/** Volumes grow under a running server, and what cannot be done is refused before anything is written. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../../src/api/exit-code.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { startFaultProxy } from '../faults/proxy.ts'
import type { SeenRequest } from '../faults/proxy.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest, password, query, storedWrites } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const directory = mkdtempSync(join(tmpdir(), 'growing-'))
const sized = (size: string): string => labManifest({ '10Gi': size })
const apply = (namespace: string, manifest: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli(['apply', '-f', '-', '-n', namespace, ...(flags.includes('--timeout') ? [] : ['--timeout', '60s']), ...flags], {
    kubeconfig,
    stdin: manifest,
  })

beforeAll(() => installDefinition(cluster))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What must stay what it is while the volume grows. */
const running = async (namespace: string): Promise<object> => ({
  pod: await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0'),
  restarts: await field(cluster, namespace, '.status.containerStatuses[*].restartCount', 'pod/test-db-0'),
  claim: await field(cluster, namespace, '.metadata.uid', 'pvc/data-test-db-0'),
  revision: await field(cluster, namespace, '.status.updateRevision', 'statefulset/test-db'),
})

const claimSize = (namespace: string): Promise<string> =>
  field(cluster, namespace, '.spec.resources.requests.storage', 'pvc/data-test-db-0')

describe('a larger size', async () => {
  const namespace = await createNamespace(cluster, 'growing')

  test('grows the claim, then the StatefulSet, and no pod notices', async () => {
    expect((await apply(namespace, sized('1Gi'))).code).toBe(0)
    const before = await running(namespace)
    const statefulSet = await field(cluster, namespace, '.metadata.uid', 'statefulset/test-db')

    const difference = await cli(['diff', '-f', '-', '-n', namespace], { kubeconfig, stdin: sized('2Gi') })
    expect(difference.stdout).toMatch(/~ update +PersistentVolumeClaim \S+\/data-test-db-0 +resize-online/)
    expect(difference.stdout).toMatch(/± replace +StatefulSet \S+\/test-db +resize-online/)
    expect(difference.stdout).toContain('its pods go on running')
    expect(difference.code).toBe(1)

    const { code, stdout, stderr } = await apply(namespace, sized('2Gi'))
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('1 replaced')
    expect(await running(namespace)).toEqual(before)
    expect(await field(cluster, namespace, '.metadata.uid', 'statefulset/test-db')).not.toBe(statefulSet)
    expect(await claimSize(namespace)).toBe('2Gi')
    expect(await field(cluster, namespace, '.status.capacity.storage', 'pvc/data-test-db-0')).toBe('2Gi')
    expect(
      await field(cluster, namespace, '.spec.volumeClaimTemplates[0].spec.resources.requests.storage', 'sts/test-db'),
    ).toBe('2Gi')
    const writes = (await storedWrites(cluster, namespace)).filter(
      ({ verb, objectRef }) => verb === 'delete' || objectRef?.resource === 'persistentvolumeclaims',
    )
    expect(writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`)).toEqual([
      'patch persistentvolumeclaims',
      'delete statefulsets',
    ])
    const again = await apply(namespace, sized('2Gi'))
    expect(again.stdout).toContain('no changes')
  })

  test('keeps what others have set in the StatefulSet, and theirs it stays', async () => {
    await cluster.kubectl(['-n', namespace, 'annotate', 'statefulset', 'test-db', 'example.com/team=shop'])
    await cluster.kubectl(['-n', namespace, 'rollout', 'restart', 'statefulset/test-db'])
    await cluster.kubectl(['-n', namespace, 'rollout', 'status', 'statefulset/test-db', '--timeout=30s'])
    expect((await apply(namespace, sized('2Gi'))).code).toBe(0)
    const before = await running(namespace)
    const managers = (): Promise<string> =>
      field(cluster, namespace, '.metadata.managedFields[?(@.subresource!="status")].manager', 'sts/test-db')
    const owners = await managers()
    const { code, stderr } = await apply(namespace, sized('3Gi'))
    expect(code, stderr).toBe(0)
    expect(await running(namespace)).toEqual(before)
    expect(await field(cluster, namespace, '.metadata.annotations.example\\.com/team', 'sts/test-db')).toBe('shop')
    expect((await managers()).split(' ').toSorted()).toEqual(owners.split(' ').toSorted())
    expect((await apply(namespace, sized('3Gi'))).stdout).toContain('no changes')
  })

  test('grows beside a changed setting, which restarts the pod as the plan says', async () => {
    const before = await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')
    const manifest = `${sized('4Gi')}  parameters:\n    max_connections: "50"\n`
    const difference = await cli(['diff', '-f', '-', '-n', namespace], { kubeconfig, stdin: manifest })
    expect(difference.stdout).toMatch(/± replace +StatefulSet \S+\/test-db +restart/)
    expect(difference.stdout).toContain('restart for the changed template')
    const { code, stderr } = await apply(namespace, manifest)
    expect(code, stderr).toBe(0)
    expect(await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')).not.toBe(before)
    const [row] = await query(cluster, namespace, 'show max_connections', {
      password: await password(cluster, namespace),
    })
    expect(row).toEqual({ max_connections: '50' })
  })

  test('reaches a claim that outlived an older Database', async () => {
    expect((await cli(['delete', '-f', '-', '-n', namespace], { kubeconfig, stdin: sized('4Gi') })).code).toBe(0)
    const { code, stderr } = await apply(namespace, sized('5Gi'))
    expect(code, stderr).toBe(0)
    expect(await claimSize(namespace)).toBe('5Gi')
  })
})

/** Something that keeps the server from running, and that goes with more room. */
interface Hindrance {
  readonly title: string
  /** What `apply` tells of it. */
  readonly said: RegExp
  /** Puts it into the data directory of a server that runs. @returns how to take it away */
  readonly put: (namespace: string, data: string) => Promise<() => void>
}

/** Every write to it fails as on a volume without room. @see https://man7.org/linux/man-pages/man4/full.4.html */
const FULL = '/dev/full'

/** Puts a link to the full device in the place of a file. @returns how to take it back */
function fill(file: string): () => void {
  renameSync(file, `${file}.away`)
  symlinkSync(FULL, file)
  return () => renameSync(`${file}.away`, file)
}

const CRASH: Hindrance = {
  title: 'that crashes',
  said: /CrashLoopBackOff/,
  put(_namespace, data) {
    // Without this file no server starts.
    const control = join(data, 'global', 'pg_control')
    renameSync(control, `${control}.away`)
    return Promise.resolve(() => renameSync(`${control}.away`, control))
  },
}

const NO_ROOM: Hindrance = {
  title: 'that finds its volume full',
  said: /postmaster\.opts.*No space left on device/,
  async put(namespace, data) {
    const secret = { password: await password(cluster, namespace) }
    const ask = (sql: string): ReturnType<typeof query> => query(cluster, namespace, sql, secret)
    await ask('create table words (word text)')
    const [row] = await ask(`select pg_relation_filepath('words') as file`)
    const empty = fill(join(data, String(row?.['file'])))
    // The table's file takes no page more.
    await expect(ask(`insert into words values ('one')`)).rejects.toMatchObject({
      code: '53100',
      message: expect.stringContaining('No space left on device'),
    })
    // A server writes this file whenever it starts.
    const options = fill(join(data, 'postmaster.opts'))
    return () => {
      empty()
      options()
    }
  },
}

const HINDRANCES = [CRASH, ...(existsSync(FULL) ? [NO_ROOM] : [])]
if (!existsSync(FULL)) process.stdout.write(`no ${FULL} on this machine: growth of a full volume is not tried\n`)

describe.concurrent('the volume of a server', async () => {
  /** The directory on this machine in which the local node keeps a volume. */
  const volumeOf = async (namespace: string): Promise<string> => {
    const volume = await field(cluster, namespace, '.spec.volumeName', 'pvc/data-test-db-0')
    return field(cluster, namespace, '.spec.hostPath.path', `pv/${volume}`)
  }
  const cases = await Promise.all(
    HINDRANCES.map(async (hindrance) => ({ ...hindrance, namespace: await createNamespace(cluster, 'growing') })),
  )

  test.for(cases)(
    '$title grows first, the StatefulSet follows, and the pod stays: it starts when what it lacks is there',
    async ({ namespace, put, said }) => {
      expect((await apply(namespace, sized('1Gi'))).code).toBe(0)
      const [pod, statefulSet] = await Promise.all([
        field(cluster, namespace, '.metadata.uid', 'pod/test-db-0'),
        field(cluster, namespace, '.metadata.uid', 'statefulset/test-db'),
      ])
      const data = join(await volumeOf(namespace), '14', 'docker')
      const takeAway = await put(namespace, data)
      const server = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
      process.kill(server, 'SIGKILL')
      await vi.waitFor(
        async () => {
          const reason = '.status.containerStatuses[0].state.waiting.reason'
          expect(await field(cluster, namespace, reason, 'pod/test-db-0')).toBe('CrashLoopBackOff')
        },
        { timeout: 60_000, interval: 200 },
      )

      const crashing = await apply(namespace, sized('2Gi'), '--timeout', '5s')
      expect(crashing.code, crashing.stderr).toBe(EXIT.notReady)
      expect(crashing.stderr).toMatch(said)
      expect(await claimSize(namespace)).toBe('2Gi')
      expect(await field(cluster, namespace, '.status.capacity.storage', 'pvc/data-test-db-0')).toBe('2Gi')
      expect(await field(cluster, namespace, '.metadata.uid', 'statefulset/test-db')).not.toBe(statefulSet)
      expect(await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')).toBe(pod)
      const writes = (await storedWrites(cluster, namespace)).filter(
        ({ verb, objectRef }) => verb === 'delete' || objectRef?.resource === 'persistentvolumeclaims',
      )
      expect(writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`)).toEqual([
        'patch persistentvolumeclaims',
        'delete statefulsets',
      ])
      // The pod would have gone with the StatefulSet.
      const deletion = writes.find(({ verb }) => verb === 'delete')
      expect(deletion?.requestObject).toMatchObject({ propagationPolicy: 'Orphan' })

      takeAway()
      const { code, stderr } = await apply(namespace, sized('2Gi'))
      expect(code, stderr).toBe(0)
      expect(await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')).toBe(pod)
    },
  )
})

describe('a run that is killed', () => {
  const isDeletion = ({ method, url }: SeenRequest): boolean => method === 'DELETE' && !url.includes('dryRun=All')
  const isGrowth = ({ method, url }: SeenRequest): boolean =>
    method === 'PATCH' && url.includes('/persistentvolumeclaims/') && !url.includes('dryRun=All')

  test.each([
    ['between the claim and the StatefulSet', isGrowth],
    ['between the deletion and the creation', isDeletion],
  ])('%s is finished by the next one, and no pod notices', async (_moment, isMoment) => {
    const namespace = await createNamespace(cluster, 'growing')
    expect((await apply(namespace, sized('1Gi'))).code).toBe(0)
    const before = await running(namespace)
    let child: ChildProcess | undefined
    const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority, {
      async after(request) {
        if (!isMoment(request) || child === undefined) return
        const gone = new Promise((resolve) => child?.once('exit', resolve))
        child.kill('SIGKILL')
        await gone
      },
    })
    try {
      const copy = join(directory, `${namespace}.kubeconfig`)
      await proxy.writeKubeconfig(kubeconfig, copy)
      const killed = await cli(['apply', '-f', '-', '-n', namespace], {
        kubeconfig: copy,
        stdin: sized('2Gi'),
        onStart: (started) => (child = started),
      })
      expect(killed.code).toBe(137)
    } finally {
      await proxy.close()
    }
    const { code, stderr } = await apply(namespace, sized('2Gi'))
    expect(code, stderr).toBe(0)
    expect(await running(namespace)).toEqual(before)
    expect(await claimSize(namespace)).toBe('2Gi')
  })
})

describe('what cannot be done', () => {
  test('is refused before anything is written: a smaller size, another class, a class that cannot expand', async () => {
    const namespace = await createNamespace(cluster, 'refused')
    const storage = (size: string, rest = '\n    storageClassName: local-fixed'): string =>
      labManifest({ 'size: 10Gi': `size: ${size}${rest}` })
    expect((await apply(namespace, storage('2Gi'))).code).toBe(0)
    const before = (await storedWrites(cluster, namespace)).length
    for (const [manifest, reason, wayOut] of [
      [storage('1Gi'), 'ShrinkRefused', 'keep the size at 2Gi'],
      [storage('2Gi', ''), 'StorageClassChanged', 'keep the class at local-fixed'],
      [storage('3Gi'), 'ExpansionUnsupported', 'kubectl patch storageclass local-fixed'],
    ] as const) {
      const { code, stderr } = await apply(namespace, manifest, '--recreate', '--yes')
      expect(stderr).toContain(reason)
      expect(stderr).toContain(wayOut)
      expect(code).toBe(1)
    }
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })
})
