/**
 * The environment of a container: from its manifest, Secrets, ConfigMaps and the pod itself, in the kubelet's order.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/pkg/kubelet/kubelet_pods.go makeEnvironmentVariables
 */
import { expand } from './expansion.ts'
import type { Container, EnvVarSource } from './objects.ts'
import { rewritePath } from './paths.ts'
import type { PathMapping } from './paths.ts'
import type { Peer } from './service-peers.ts'

/** A reference in the manifest that leads nowhere: the container waits in `CreateContainerConfigError`. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError'
}

/** Where referenced values come from. Secrets and ConfigMaps are decoded; `undefined` means that there is none. */
export interface EnvironmentSources {
  secret(name: string): Promise<Readonly<Record<string, string>> | undefined>
  configMap(name: string): Promise<Readonly<Record<string, string>> | undefined>
  /** Value of a field of the pod. */
  field(fieldPath: string): string
  /** Value of a resource of a container of the pod. */
  resource(reference: NonNullable<EnvVarSource['resourceFieldRef']>): string
  readonly namespace: string
}

type Values = Readonly<Record<string, string>>

/** The environment as the manifest means it, before any path is rewritten. */
export async function resolveEnvironment(container: Container, sources: EnvironmentSources): Promise<Values> {
  const read = async (kind: 'secret' | 'configMap', name: string, optional: boolean): Promise<Values | undefined> => {
    const values = await (kind === 'secret' ? sources.secret(name) : sources.configMap(name))
    if (values !== undefined || optional) return values
    throw new ContainerConfigError(`${kind.toLowerCase()} "${name}" not found`)
  }
  const readKey = async (
    kind: 'secret' | 'configMap',
    { name, key, optional = false }: NonNullable<EnvVarSource['secretKeyRef']>,
  ): Promise<string | undefined> => {
    const value = (await read(kind, name, optional))?.[key]
    if (value !== undefined || optional) return value
    const title = kind === 'secret' ? 'Secret' : 'ConfigMap'
    throw new ContainerConfigError(`couldn't find key ${key} in ${title} ${sources.namespace}/${name}`)
  }
  const resolve = async ({ fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef }: EnvVarSource) => {
    if (fieldRef !== undefined) return sources.field(fieldRef.fieldPath)
    if (resourceFieldRef !== undefined) return sources.resource(resourceFieldRef)
    if (configMapKeyRef !== undefined) return readKey('configMap', configMapKeyRef)
    if (secretKeyRef !== undefined) return readKey('secret', secretKeyRef)
    return ''
  }

  const values: Record<string, string> = {}
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const found =
      (configMapRef && (await read('configMap', configMapRef.name, configMapRef.optional ?? false))) ??
      (secretRef && (await read('secret', secretRef.name, secretRef.optional ?? false)))
    for (const [key, value] of Object.entries(found ?? {})) values[prefix + key] = value
  }
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const resolved = value === '' && valueFrom ? await resolve(valueFrom) : expand(value, values)
    if (resolved !== undefined) values[name] = resolved
  }
  return values
}

/** What differs between a real container and a process on this machine. */
export interface Surroundings {
  readonly mappings: readonly PathMapping[]
  /** The pod's own port for the server: containers share the host's network here. */
  readonly port: number
  /** Where a client of a server really has to go. */
  readonly peer?: Peer | undefined
}

/**
 * The environment as the process gets it: paths under a mount name the volume's directory, `PGPORT` is the pod's own
 * port, `PGLISTEN` the loopback address. A client gets address and port of its server instead.
 */
export function localEnvironment(values: Values, { mappings, port, peer }: Surroundings): Record<string, string> {
  const local: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) local[name] = rewritePath(value, mappings)
  local['PGPORT'] = peer?.port ?? String(port)
  // The name stays: it is what a client that checks the server's certificate goes by.
  if (peer !== undefined && peer.address !== '') local['PGHOSTADDR'] = peer.address
  if (local['PGLISTEN'] !== undefined) local['PGLISTEN'] = '127.0.0.1'
  return local
}

/** Command and arguments with their references expanded from the local environment. */
export function commandLine(container: Container, environment: Values): string[] {
  const parts = [...(container.command ?? []), ...(container.args ?? [])]
  return parts.map((part) => expand(part, environment))
}
