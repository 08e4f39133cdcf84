/** What a source of the control plane's programs is given, and what it has to leave behind. */
import { access, constants, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The four programs, by the names upstream gives them. */
export const programNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const

/** The name of one of the four programs. */
export type ProgramName = (typeof programNames)[number]

/** How to start each program: the executable, and the arguments that come before the program's own. */
export type Programs = Readonly<Record<ProgramName, readonly [string, ...string[]]>>

/** Fills `directory` with either the four programs or one multi-call binary named `control-plane`. */
export type ProgramsSource = (
  directory: string,
  versions: ProgramVersions,
  log: (line: string) => void,
) => Promise<void>

/** Versions as the Go module pins them, with the leading `v`. */
export interface ProgramVersions {
  readonly kubernetes: string
  readonly etcd: string
}

/** The Go module that builds the multi-call binary. */
export const moduleDirectory: string = join(import.meta.dirname, 'control-plane')

/** Versions that the Go module requires. */
export async function programVersions(): Promise<ProgramVersions> {
  const text = await readFile(join(moduleDirectory, 'go.mod'), 'utf8')
  const version = (module: string): string => {
    const found = new RegExp(`^\\s*${module.replaceAll('.', '\\.')} (v\\S+)$`, 'm').exec(text)?.[1]
    if (found === undefined) throw new Error(`test/cluster/control-plane/go.mod does not require ${module}`)
    return found
  }
  return { kubernetes: version('k8s.io/kubernetes'), etcd: version('go.etcd.io/etcd/server/v3') }
}

/** `name` in the directories of PATH. */
export async function findOnPath(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const file = join(directory, name)
    if (directory !== '' && (await isExecutable(file))) return file
  }
  return undefined
}

/** Whether `file` exists and may be run. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
