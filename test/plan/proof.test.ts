import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { connect } from '../../src/cluster/connect.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { prepareProof } from './proof/preparation.ts'
import { describeViolation, prove } from './proof/proof.ts'

const CASES = 300
/** Seconds on a machine of its own; this one may have other things to do. */
const WITHIN_MS = 240_000

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'certificate')
const { server, certificateAuthority, adminToken: token, kubeconfig } = controlPlane
const api = new ApiClient({ server, certificateAuthority, token })
const client = connect(await loadKubeconfig({ flag: kubeconfig, environment: {} }), { environment: {} })
// A group of its own: other test files use the server at the same time.
const group = `certificate-${randomBytes(4).toString('hex')}.example.com`

afterAll(async () => {
  await api.delete(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/samples.${group}`)
  api.close()
  client.transport.close()
})

test(
  `what is certified is unchanged to the server, in ${CASES} cases of objects that others edit`,
  async () => {
    const subjects = await prepareProof(api, namespace, group)
    // Always the same cases: `npm run prove` takes others every time.
    const seed = 1
    const tally = await prove({ client, api, subjects, namespace, manager: 'cdk8s-database', seed, cases: CASES })
    const violations = [...tally.falseUnchanged, ...tally.falseChanged].map(describeViolation)
    expect(violations, `npm run prove -- --seed ${seed} --cases ${CASES} shows them again`).toEqual([])
    expect(tally.cases).toBe(CASES)
    // A certificate that never says unchanged would be right, and of no use.
    expect(tally.confirmed).toBeGreaterThan(CASES / 5)
    expect(tally.secondRuns).toBeGreaterThan(CASES / 5)
  },
  WITHIN_MS,
)
