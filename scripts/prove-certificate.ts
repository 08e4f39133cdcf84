/**
 * Proves against a real API server that what the certificate calls unchanged is unchanged:
 * `npm run prove -- --cases 10000 [--seed N] [--from N]`. Exit 1 where it is not.
 *
 * It starts a control plane of its own, and ends it. The same seed gives the same cases.
 */
import { parseArgs } from 'node:util'
import { connect } from '../src/cluster/connect.ts'
import { loadKubeconfig } from '../src/cluster/kubeconfig.ts'
import { ApiClient } from '../test/cluster/api-client.ts'
import { startControlPlane } from '../test/cluster/control-plane.ts'
import { describeViolation, prove } from '../test/plan/proof/proof.ts'
import type { Tally } from '../test/plan/proof/proof.ts'
import { prepareProof } from '../test/plan/proof/preparation.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    from: { type: 'string', default: '0' },
  },
})
const [cases, seed, from] = [values.cases, values.seed, values.from].map(Number) as [number, number, number]
if (![cases, seed, from].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  throw new RangeError('--cases, --seed and --from must be whole numbers')
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

async function run(): Promise<Tally> {
  const controlPlane = await startControlPlane({ log: say })
  try {
    const { server, certificateAuthority, adminToken: token, kubeconfig } = controlPlane
    const api = new ApiClient({ server, certificateAuthority, token })
    const client = connect(await loadKubeconfig({ flag: kubeconfig, environment: {} }), { environment: {} })
    try {
      const subjects = await prepareProof(api, 'proof', 'proof.example.com')
      // Nobody else may change the objects while they are judged.
      await controlPlane.stopControllerManager()
      const onProgress = (done: number): void => {
        if (done % 1000 === 0) say(`${done} cases`)
      }
      const options = { client, api, subjects, namespace: 'proof', manager: 'cdk8s-database' }
      return await prove({ ...options, seed, cases, from, onProgress })
    } finally {
      api.close()
      client.transport.close()
    }
  } finally {
    await controlPlane.stop()
  }
}

const begin = performance.now()
const tally = await run()
const rows: readonly (readonly [string, string | number])[] = [
  ['seed', seed],
  ['cases', tally.cases],
  ['edits by others', tally.edits],
  ['certified', tally.certified],
  ['confirmed by a dry run', tally.confirmed],
  ['false unchanged', tally.falseUnchanged.length],
  ['plain second runs', tally.secondRuns],
  ['false changed on them', tally.falseChanged.length],
  ['dry runs that changed nothing', tally.undecided],
  ['requests broken off', tally.brokenOff.length],
  ['seconds', ((performance.now() - begin) / 1000).toFixed(0)],
]
for (const [name, value] of rows) process.stdout.write(`${name.padEnd(30)} ${String(value).padStart(8)}\n`)
if (tally.reasons.size > 0) process.stdout.write('\nwhy those were not certified:\n')
for (const [reason, count] of [...tally.reasons].sort(([, left], [, right]) => right - left).slice(0, 20)) {
  process.stdout.write(`${String(count).padStart(8)}  ${reason}\n`)
}
if (tally.brokenOff.length > 0) {
  process.stdout.write(`\nthe server broke a request off in the cases ${tally.brokenOff.join(', ')}\n`)
}
const violations = [...tally.falseUnchanged, ...tally.falseChanged]
for (const violation of violations.slice(0, 10)) process.stdout.write(`\n${describeViolation(violation)}\n`)
if (violations.length > 0) process.exitCode = 1
