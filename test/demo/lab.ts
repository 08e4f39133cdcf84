/** The lab, word for word: its commands in a shell, the controller beside it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { heading, runCommand, say, showCommand, startCommand } from './narration.ts'
import { openShell } from './shell.ts'
import type { Shell } from './shell.ts'

/** What a walk through the lab needs. */
export interface LabOptions {
  readonly controlPlane: ControlPlane
  /** Time to hold each phase. @default {@link DEFAULT_PACE} */
  readonly pace: string | undefined
  /** Leaves a database at the end. */
  readonly keep: boolean
}

/** Long enough to see each phase. The lab's own pace, `--pace 15s`, takes more than a minute. */
const DEFAULT_PACE = '3s'

const CREATE = `kubectl apply -f - <<EOF
apiVersion: database.example.com/v1
kind: Database
metadata:
  name: test-db
spec:
  image: postgres:14
  replicas: 1
  databaseName: mydb
  username: admin
  storage:
    size: 10Gi
EOF`
const PHASE = 'kubectl get database test-db -o jsonpath="{.status.phase}"'
const CONDITIONS = "kubectl get database test-db -o jsonpath='{.status.conditions}'"
const DELETE = 'kubectl delete databases --all'

const READY_WITHIN_MS = 300_000
/** As often as the lab's `watch` looks. */
const LOOK_EVERY_MS = 1000

/** Every step of the lab. @throws Error where a step does not do what the lab says */
export async function walkLab({ controlPlane, pace = DEFAULT_PACE, keep }: LabOptions): Promise<void> {
  const { kubeconfig } = controlPlane
  const shell = openShell(controlPlane)
  const type = async (line: string): Promise<string> => {
    showCommand(line)
    const output = await shell(line)
    process.stdout.write(output.endsWith('\n') ? output : `${output}\n`)
    return output
  }

  heading(1, 'Install the definition, start the controller')
  await runCommand(['synth'], kubeconfig)
  await type('kubectl apply --server-side -f dist/database-crd.k8s.yaml')
  await shell('kubectl wait --for=condition=Established crd/databases.database.example.com')
  const endController = startCommand(['controller', '--pace', pace], kubeconfig, transitionTeller())

  heading(2, 'Create a database')
  await type(CREATE)

  heading(3, 'Watch its phase')
  await watchPhase(shell)

  heading(4, 'Look at its conditions')
  showCommand(CONDITIONS)
  for (const { type: name, status, reason, message } of conditionsOf(await shell(CONDITIONS)))
    say(`  ${name.padEnd(12)} ${status.padEnd(6)} ${reason.padEnd(24)} ${message}`)
  await type('kubectl get databases -o wide')

  heading(5, 'Delete what belongs to it: it comes back')
  await type('kubectl delete service test-db')
  await until(async () => (await shell('kubectl get service test-db --ignore-not-found -o name')) !== '')
  await type('kubectl get service test-db')

  heading(6, 'Delete all databases: volumes and credentials stay')
  await type(DELETE)
  await until(async () => (await shell('kubectl get statefulset,pod -o name')) === '')
  await type('kubectl get databases,statefulset,pod,pvc,secret -o name')

  if (keep) {
    heading(7, 'Apply once more: the same data, the same password')
    await type(CREATE)
    await watchPhase(shell)
  }
  const code = await endController()
  if (code !== 0) throw new Error(`the controller ended with exit code ${code}`)
  if (keep) say('The controller has ended with the demo. To go on: npm run controller')
}

/** What `watch` would show, a line for each phase. */
async function watchPhase(shell: Shell): Promise<void> {
  showCommand(`watch -n 1 '${PHASE}'`)
  let before = ''
  await until(async () => {
    const phase = await shell(PHASE)
    if (phase !== before && phase !== '') say(`  ${phase}`)
    before = phase
    return phase === 'Ready'
  })
}

/** Shows each change of phase from the controller's log as it comes, with the time since the one before. */
function transitionTeller(): (line: string) => void {
  let before: number | undefined
  return (line) => {
    const { ts, msg, database, reason }: Record<string, unknown> = JSON.parse(line)
    if (typeof msg !== 'string' || !msg.startsWith('STATE TRANSITION')) return
    const now = Date.parse(String(ts))
    const held = before === undefined ? '' : ` after ${((now - before) / 1000).toFixed(1)} s`
    before = now
    say(`  [controller] ${msg}${held}  ${String(database)} ${String(reason)}`)
  }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

function conditionsOf(text: string): readonly Condition[] {
  return JSON.parse(text) as readonly Condition[]
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('what the lab expects did not come')
    await delay(LOOK_EVERY_MS)
  }
}
