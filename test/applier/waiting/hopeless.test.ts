import { describe, expect, test } from 'vitest'
import { isHopeless } from '../../../src/applier/waiting/hopeless.ts'
import type { TroubleHistory } from '../../../src/applier/waiting/hopeless.ts'
import type { TroubleReason } from '../../../src/phases/pod-trouble.ts'

const limits = {
  patienceMs: 20_000,
  restarts: 3,
  isInSet: (kind: string, name: string) => `${kind} ${name}` === 'Secret ours',
}
const long: TroubleHistory = { standsMs: 60_000, aloneMs: Infinity, restarts: 5, newRestarts: 5 }
const judge = (kind: TroubleReason, message: string, history: Partial<TroubleHistory> = {}): boolean =>
  isHopeless({ kind, cause: { reason: kind, message } }, { ...long, ...history }, limits)

const MISSING = 'Pod web-0, container main (web:1): CreateContainerConfigError: secret "other" not found'
const NOT_FOUND = 'failed to resolve reference "docker.io/library/web:9": docker.io/library/web:9: not found'

describe('does not go away by itself', () => {
  test.each<[TroubleReason, string]>([
    ['InvalidImageName', 'invalid reference format'],
    ['ErrImageNeverPull', 'Container image "web:1" is not present with pull policy of Never'],
    ['ErrImagePull', NOT_FOUND],
    ['ErrImagePull', 'pull access denied, repository does not exist or may require authorization: insufficient_scope'],
    ['ErrImagePull', 'unexpected status from HEAD request to https://registry/v2/web/manifests/1: 403 Forbidden'],
    ['CreateContainerConfigError', MISSING],
    ['CreateContainerConfigError', "couldn't find key url in ConfigMap shop/settings"],
    ['CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'],
    ['FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap "settings" not found'],
    ['CrashLoopBackOff', 'exited with code 1'],
    ['ProvisioningFailed', 'storageclass.storage.k8s.io "nowhere" not found'],
    ['FailedCreate', 'pods "web-1" is forbidden: exceeded quota: small'],
    ['FailedCreate', 'admission webhook "policy.example.com" denied the request: no'],
  ])('%s: %s', (kind, message) => {
    expect(judge(kind, message)).toBe(true)
  })
})

describe('may go away by itself', () => {
  test.each<[TroubleReason, string, Partial<TroubleHistory>]>([
    ['ErrImagePull', NOT_FOUND, { standsMs: 19_000 }],
    ['ErrImagePull', 'dial tcp 192.0.2.1:443: i/o timeout', {}],
    ['ErrImagePull', 'toomanyrequests: You have reached your pull rate limit', {}],
    ['CreateContainerConfigError', 'secret "ours" not found', {}],
    ['CreateContainerConfigError', MISSING, { aloneMs: undefined }],
    ['CreateContainerConfigError', MISSING, { aloneMs: 1000 }],
    ['CrashLoopBackOff', 'exited with code 1', { restarts: 2, newRestarts: 2 }],
    ['CrashLoopBackOff', 'exited with code 1', { restarts: 40, newRestarts: 1 }],
    ['CrashLoopBackOff', 'exited with code 1', { aloneMs: undefined }],
    ['FailedCreate', 'failed calling webhook "policy.example.com": connection refused', {}],
    ['ProvisioningFailed', 'rpc error: code = ResourceExhausted desc = no capacity', {}],
    ['Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.', {}],
    ['FailedAttachVolume', 'Multi-Attach error', {}],
  ])('%s: %s %j', (kind, message, history) => {
    expect(judge(kind, message, history)).toBe(false)
  })
})
