/** Who is compared: each side is a program that is started, does one thing to one set of manifests, and ends. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FIELD_MANAGER } from '../src/api/group.ts'
import type { AuditEvent } from '../test/cluster/audit-log.ts'
import type { BenchCluster } from './cluster.ts'
import { REPORT_FIGURES } from './child.ts'
import type { ChildSpec } from './child.ts'
import { floorPlan } from './floor-plan.ts'
import type { ManifestSet } from './manifests.ts'

/** Sides by the names of the flag `--sides`. */
export const SIDES = ['ours', 'anew', 'apply', 'diff', 'list', 'patch'] as const
export type Side = (typeof SIDES)[number]

/** Sides as the table calls them. */
export const SIDE_NAMES: Readonly<Record<Side, string>> = {
  ours: 'ours: apply',
  anew: 'ours: apply --no-memory',
  apply: 'kubectl apply --server-side',
  diff: 'kubectl diff --server-side',
  list: 'floor: bare LISTs',
  patch: 'floor: bare PATCHes',
}

/** Whether a side is a run of our command, with or without what an earlier one remembers. */
export const isOurs = (side: Side): boolean => side === 'ours' || side === 'anew'

/** How the programs of all sides are found. */
export interface Programs {
  /** `cli.js` as users run it. */
  readonly command: string
  /** `floor.js` */
  readonly floor: string
  /** A directory of our own for what programs write. */
  readonly work: string
  /** Flags of ours beside `-f`. */
  readonly flags: readonly string[]
  /** Where profiles go, if they are wanted. */
  readonly profiles: string | undefined
}

/** The process of a side. */
export type SideProcess = Pick<ChildSpec, 'command' | 'environment' | 'expectedCodes'>

/** What to start. */
// oxlint-disable-next-line typescript/consistent-return -- the compiler proves that the switch is exhaustive
export async function sideProcess(
  side: Side,
  set: ManifestSet,
  cluster: BenchCluster,
  programs: Programs,
): Promise<SideProcess> {
  const { work, profiles } = programs
  const [kubectl, ...first] = cluster.controlPlane.kubectlCommand
  const environment = {
    HOME: work,
    TMPDIR: work,
    KUBECONFIG: cluster.kubeconfig,
    KUBECACHEDIR: join(cluster.controlPlane.directory, 'kubectl-cache'),
  }
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
  switch (side) {
    case 'ours':
    case 'anew': {
      const flags = ['apply', '-f', set.directory, ...(side === 'anew' ? ['--no-memory'] : []), ...programs.flags]
      return { command: [process.execPath, ...REPORT_FIGURES, ...profiling, programs.command, ...flags], environment }
    }
    case 'apply': {
      const flags = ['--server-side', '--force-conflicts=false', `--field-manager=${FIELD_MANAGER}`]
      return { command: [kubectl ?? '', ...first, 'apply', ...flags, '-f', set.directory], environment }
    }
    case 'diff': {
      const flags = ['--server-side', `--field-manager=${FIELD_MANAGER}`]
      return { command: [kubectl ?? '', ...first, 'diff', ...flags, '-f', set.directory], environment }
    }
    case 'list':
    case 'patch': {
      const plan = join(work, `${side}.plan`)
      writeFileSync(plan, (await floorPlan(side, set, cluster)).join('\n'), { mode: 0o600 })
      return { command: [process.execPath, ...REPORT_FIGURES, programs.floor, side, plan], environment }
    }
  }
}

/** Whether a request was that side's. The cluster's own programs and the node have other user agents. */
export function isOf(side: Side, { userAgent = '', objectRef }: AuditEvent): boolean {
  // Nobody else forwards ports, and the library that does says nothing of itself.
  if (isOurs(side)) return userAgent.startsWith('cdk8s-database') || objectRef?.subresource === 'portforward'
  if (side === 'list' || side === 'patch') return userAgent === 'bench-floor'
  return /^(kubectl|control-plane)\b/.test(userAgent)
}
