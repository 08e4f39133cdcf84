/** A vertical autoscaler beside the applier: each keeps what is its own. */
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'handed-over')
const HANDED_OVER = '  handedOver: [statefulSet.resources]\n'

const run = (command: string, manifest: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli([command, '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin: manifest })
const memory = (): Promise<string> =>
  field(cluster, namespace, '.spec.template.spec.containers[0].resources.limits.memory', 'statefulset/test-db')
const podUid = (): Promise<string> => field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')

/** What a recommender writes: the resources of one container. */
const RECOMMENDATION = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'test-db', namespace },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'postgres',
            resources: { requests: { cpu: '250m', memory: '640Mi' }, limits: { cpu: '500m', memory: '640Mi' } },
          },
        ],
      },
    },
  },
})

beforeAll(() => installDefinition(cluster))

describe('resources that an autoscaler took', () => {
  test('are a conflict as long as the Database claims them', async () => {
    expect(await run('apply', labManifest(), '--timeout', '90s')).toMatchObject({ code: 0 })
    const taken = await cluster.kubectl(
      ['apply', '--server-side', '--field-manager=recommender', '--force-conflicts', '-f', '-'],
      { stdin: RECOMMENDATION },
    )
    expect(taken.code, taken.stderr).toBe(0)
    const { code, stdout, stderr } = await run('apply', labManifest(), '--timeout', '90s')
    expect(code, stderr).toBe(3)
    expect(`${stdout}${stderr}`).toContain('recommender')
    expect(await memory()).toBe('640Mi')
  })

  test('are left alone once they are handed over, and the pod goes on', async () => {
    await cluster.kubectl(['-n', namespace, 'rollout', 'status', 'statefulset/test-db', '--timeout=60s'])
    const uid = await podUid()
    const { code, stderr } = await run('apply', `${labManifest()}${HANDED_OVER}`, '--timeout', '90s')
    expect(code, stderr).toBe(0)
    expect(await memory()).toBe('640Mi')
    expect(await podUid()).toBe(uid)
  })

  test('are no drift', async () => {
    const { code, stdout } = await run('diff', `${labManifest()}${HANDED_OVER}`)
    expect(code, stdout).toBe(0)
  })
})
