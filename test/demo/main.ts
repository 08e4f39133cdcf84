/**
 * The tour: a throwaway cluster, a database on it, a change, a deletion, and what is left.
 *
 * `npm run demo` · `npm run demo -- --controller` walks through the lab with the controller and kubectl ·
 * `npm run demo -- --keep` leaves the cluster up · `npm run demo -- --stop DIR` ends a kept one
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { endCommands, say } from './narration.ts'
import { readOptions } from './options.ts'
import { startThrowaway, stopKept } from './throwaway.ts'
import { walkLab } from './lab.ts'
import { walk } from './walk.ts'

const options = readOptions(process.argv.slice(2))
if (typeof options === 'string') {
  process.stderr.write(`error: ${options} (flags: --controller, --keep, --stop DIR, --pace DURATION)\n`)
  process.exit(2)
}
const { keep, stop, pace, controller } = options

if (stop !== undefined) {
  const stopped = await stopKept(stop)
  say(stopped ? `ended the cluster of ${stop}` : `there is no demo cluster in ${stop}`)
  process.exit(stopped ? 0 : 1)
}

say('Bringing up etcd, kube-apiserver and kube-controller-manager, and a local node.')
say('The node is a stand-in for a kubelet: containers run as processes of this machine, PostgreSQL is the real one.')
const throwaway = await startThrowaway(keep, (line) => say(`  ${line}`))
const work = mkdtempSync(join(tmpdir(), 'cdk8s-demo-work-'))
let ending: Promise<void> | undefined
const cleanUp = async (code: number): Promise<void> => {
  await endCommands()
  rmSync(work, { recursive: true, force: true })
  if (!keep || code !== 0) await throwaway.stop()
}
/** The first call decides; a later one waits for it, because leaving earlier would leave the cluster behind. */
const end = async (code: number): Promise<never> => {
  ending ??= cleanUp(code)
  await ending
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(130))

const manifest = join(work, 'test-db.yaml')
writeFileSync(manifest, readFileSync(join(import.meta.dirname, '..', '..', 'examples', 'local', 'test-db.yaml')))
try {
  const { controlPlane } = throwaway
  if (controller) await walkLab({ controlPlane, pace, keep })
  else await walk({ controlPlane, manifest, keep, pace })
} catch (error) {
  // What fails while everything is being ended fails because of that.
  if (ending !== undefined) await end(130)
  say(`the demo failed: ${error instanceof Error ? error.message : String(error)}`)
  await end(1)
}
if (keep) {
  const { kubeconfig, directory } = throwaway.controlPlane
  say('\nThe cluster stays up. Use it with:')
  say(`  export KUBECONFIG=${kubeconfig}`)
  say('  kubectl get db -A                 (any kubectl; the one of this cluster is printed below)')
  say('  npm run status')
  say('  npm run apply -- -f examples/local/test-db.yaml')
  say(`its own kubectl: ${throwaway.controlPlane.kubectlCommand.join(' ')}`)
  say(`end it with:     npm run demo -- --stop ${dirname(directory)}`)
}
await end(0)
