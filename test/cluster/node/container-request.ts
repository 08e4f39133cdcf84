/** From a container's manifest to the process that stands for it. */
import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { commandLine, ContainerConfigError, localEnvironment, resolveEnvironment } from './environment.ts'
import { fieldValue, resourceValue } from './fields.ts'
import { decodedSecret } from './object-values.ts'
import type { ConfigMap, Container, Pod, Secret } from './objects.ts'
import { rewritePath } from './paths.ts'
import type { PathMapping } from './paths.ts'
import type { PodContext } from './pod-context.ts'
import type { ProcessRequest } from './processes.ts'
import { peerOf } from './service-peers.ts'
import type { Programs } from './programs.ts'

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The file that stands for the container's termination log. */
export function terminationMessageFile(containerDirectory: string): string {
  return join(containerDirectory, 'termination-log')
}

/**
 * What to start for `spec`; `directory` is the container's own.
 *
 * Throws {@link ContainerConfigError} when something that the manifest refers to is missing.
 */
export async function prepareContainer(
  context: PodContext,
  spec: Container,
  programs: Programs,
  directory: string,
): Promise<ProcessRequest> {
  const pod = context.pod()
  checkUser(pod, spec)
  const values = await readEnvironment(context, pod, spec)
  const workDirectory = join(directory, 'w')
  const messageFile = terminationMessageFile(directory)
  await makeFiles(context, workDirectory, messageFile)
  const mappings: PathMapping[] = [
    { containerPath: spec.terminationMessagePath ?? '/dev/termination-log', hostPath: messageFile },
    ...mounts(context, spec),
  ]
  const peer = await peerOf(values, pod.metadata.namespace ?? '', context.node)
  const local = {
    ...localEnvironment(values, { mappings, port: await context.port(), peer }),
    ...(await localPrimary(context, values)),
  }
  const command = commandLine(spec, local)
  const wantedDirectory = rewritePath(spec.workingDir ?? '', mappings)
  return {
    // The entry point of the official images ends in this program.
    commandLine: command.length === 0 ? ['postgres'] : command,
    directory: wantedDirectory === (spec.workingDir ?? '') ? workDirectory : wantedDirectory,
    environment: {
      HOME: workDirectory,
      HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
      TMPDIR: workDirectory,
      // Without a locale initdb would take the C locale with SQL_ASCII.
      LANG: 'C.UTF-8',
      ...local,
      PATH: searchPath(context, programs),
    },
  }
}

const searchPath = ({ node }: PodContext, programs: Programs): string => {
  const standIns = programs.hasPgIsReady ? [] : [node.standIns]
  return [...(node.quick === undefined ? [] : [node.quick]), programs.directory, ...standIns, systemPath].join(
    delimiter,
  )
}

/** Where the primary of a standby is, on this machine. */
const localPrimary = async (
  { node }: PodContext,
  { PGPRIMARYHOST = '', PGPRIMARYPORT = '' }: Readonly<Record<string, string>>,
): Promise<Record<string, string>> => {
  const port = await node.relays.portOf(PGPRIMARYHOST, Number(PGPRIMARYPORT))
  return port === undefined ? {} : { PGPRIMARYHOST: '127.0.0.1', PGPRIMARYPORT: String(port) }
}

const checkUser = ({ metadata, spec }: Pod, container: Container): void => {
  const { runAsNonRoot, runAsUser } = { ...spec.securityContext, ...container.securityContext }
  if (runAsNonRoot !== true || (runAsUser !== undefined && runAsUser > 0)) return
  const why =
    runAsUser === 0
      ? "container's runAsUser breaks non-root policy"
      : 'container has runAsNonRoot and image will run as root'
  const pod = `"${metadata.name}_${metadata.namespace}(${metadata.uid})"`
  throw new ContainerConfigError(`${why} (pod: ${pod}, container: ${container.name})`)
}

const readEnvironment = async (
  context: PodContext,
  pod: Pod,
  spec: Container,
): ReturnType<typeof resolveEnvironment> => {
  const { node, addresses } = context
  const namespace = pod.metadata.namespace ?? ''
  const path = `/api/v1/namespaces/${namespace}`
  return resolveEnvironment(spec, {
    namespace,
    secret: async (name) => decodedSecret(await node.api.find<Secret>(`${path}/secrets/${name}`)),
    configMap: async (name) => {
      const map = await node.api.find<ConfigMap>(`${path}/configmaps/${name}`)
      return map && (map.data ?? {})
    },
    field: (fieldPath) => fieldValue(pod, fieldPath, addresses),
    resource: (reference) => resourceValue(pod, reference, spec.name, node.allocatable),
  })
}

const mounts = ({ volumes }: PodContext, spec: Container): PathMapping[] =>
  (spec.volumeMounts ?? []).map(({ name, mountPath, subPath, subPathExpr }) => {
    if (subPath !== undefined || subPathExpr !== undefined) {
      throw new ContainerConfigError(`the local node does not support subPath (volume "${name}")`)
    }
    const hostPath = volumes.directoryOf(name)
    if (hostPath === undefined) throw new ContainerConfigError(`volume "${name}" is not mounted`)
    return { containerPath: mountPath, hostPath }
  })

const makeFiles = async ({ node }: PodContext, workDirectory: string, messageFile: string): Promise<void> => {
  await mkdir(workDirectory, { recursive: true, mode: 0o755 })
  await rm(messageFile, { force: true })
  await writeFile(messageFile, '', { mode: 0o644 })
  const { uid, gid } = node.account
  if (uid === undefined || gid === undefined) return
  await chown(workDirectory, uid, gid)
  await chown(messageFile, uid, gid)
}
