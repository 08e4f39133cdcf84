import { describe, expect, test } from 'vitest'
import { createNamespace, useControlPlane } from './shared.ts'

const controlPlane = await useControlPlane()
const ofTheFile = await createNamespace(controlPlane, 'shared')
let ofATest = ''

const phaseOf = async (namespace: string): Promise<string> =>
  (await controlPlane.kubectl(['get', 'namespace', namespace, '--output=jsonpath={.status.phase}'])).stdout

describe('the shared control plane', () => {
  test('is the same one for whoever asks', async () => {
    const again = await useControlPlane()
    expect(again.directory).toBe(controlPlane.directory)
    expect(await again.processes()).toEqual(await controlPlane.processes())
  })

  test('gives a test a namespace in which pods can be created', async () => {
    ofATest = await createNamespace(controlPlane, 'single', {
      labels: { 'pod-security.kubernetes.io/enforce': 'baseline' },
    })
    expect(ofATest).toMatch(/^single-[0-9a-f]{8}$/)
    const pod = await controlPlane.kubectl(['run', 'one', `--namespace=${ofATest}`, '--image=example.com/none'])
    expect(pod).toMatchObject({ code: 0, stdout: 'pod/one created\n' })
  })

  test('takes it away after the test, and keeps that of the file', async () => {
    expect(['', 'Terminating']).toContain(await phaseOf(ofATest))
    expect(await phaseOf(ofTheFile)).toBe('Active')
  })

  test('records who asked for what, with the bodies', async () => {
    const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'seen' }, data: { key: 'value' } }
    const path = `/api/v1/namespaces/${ofTheFile}/configmaps/seen?fieldManager=test`
    expect((await controlPlane.request('PATCH', path, { body })).status).toBe(201)
    const events = await controlPlane.auditEvents()
    const seen = events.filter(({ objectRef }) => objectRef?.namespace === ofTheFile && objectRef.name === 'seen')
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ verb: 'patch', user: { username: 'admin' }, requestObject: body })
  })
})
