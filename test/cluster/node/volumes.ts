/** The volumes of one pod as directories of this machine. */
import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'
import type { ApiClient } from '../api-client.ts'
import { AtomicDirectory } from './atomic-directory.ts'
import type { ProjectedFile } from './atomic-directory.ts'
import type {
  ConfigMap,
  DownwardItem,
  KeyToPath,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Projection,
  Secret,
  Volume,
} from './objects.ts'

/** A volume cannot be set up yet; the pod waits, and the message is what its event says. */
export class MountError extends Error {
  override readonly name = 'MountError'
}

/** What volumes need from the node. */
export interface VolumeContext {
  readonly api: ApiClient
  readonly account: Account
  /** Where this pod's volumes go; paths of Unix sockets in them must stay short. */
  readonly directory: string
  /** The value of a downward item. */
  downwardValue(pod: Pod, item: DownwardItem): string
}

const defaultFileMode = 0o644

type Files = Map<string, ProjectedFile>

const select = (
  what: string,
  contents: ReadonlyMap<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  options: { readonly mode: number; readonly optional: boolean },
): Files => {
  const files: Files = new Map()
  if (items === undefined) {
    for (const [key, content] of contents) files.set(key, { content, mode: options.mode })
    return files
  }
  for (const { key, path, mode = options.mode } of items) {
    const content = contents.get(key)
    if (content !== undefined) files.set(path, { content, mode })
    else if (!options.optional) throw new MountError(`references non-existent ${what} key: ${key}`)
  }
  return files
}

/** Volumes of one pod. */
export class PodVolumes {
  readonly #context: VolumeContext
  readonly #directories = new Map<string, string>()
  readonly #projected = new Map<string, AtomicDirectory>()
  /** Tokens by their audience: asking for another one at every refresh would change the volume each time. */
  readonly #tokens = new Map<string, string>()
  #refreshing: Promise<void> = Promise.resolve()

  constructor(context: VolumeContext) {
    this.#context = context
  }

  /** Sets up every volume of the pod. Throws {@link MountError} when one cannot be. */
  async mount(pod: Pod): Promise<void> {
    await mkdir(this.#context.directory, { recursive: true, mode: 0o755 })
    for (const volume of pod.spec.volumes ?? []) {
      try {
        this.#directories.set(volume.name, await this.#mountOne(pod, volume))
      } catch (error) {
        if (!(error instanceof MountError)) throw error
        throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`, {
          cause: error,
        })
      }
    }
  }

  /** Brings Secrets, ConfigMaps and the downward API up to date; what cannot be read keeps its last content. */
  async refresh(pod: Pod): Promise<void> {
    const previous = this.#refreshing
    const refresh = async (): Promise<void> => {
      await previous
      for (const volume of pod.spec.volumes ?? []) {
        const directory = this.#projected.get(volume.name)
        if (directory === undefined) continue
        try {
          await directory.write(await this.#files(pod, volume))
        } catch (error) {
          // As with the kubelet: a Secret that has gone does not empty the volume.
          if (!(error instanceof MountError)) throw error
        }
      }
    }
    this.#refreshing = refresh()
    await this.#refreshing
  }

  /** The directory of a mounted volume. */
  directoryOf(volume: string): string | undefined {
    return this.#directories.get(volume)
  }

  /** Directories of all mounted volumes. */
  directories(): string[] {
    return [...this.#directories.values()]
  }

  async #mountOne(pod: Pod, volume: Volume): Promise<string> {
    const { account, directory } = this.#context
    if (volume.persistentVolumeClaim !== undefined)
      return await this.#claim(pod, volume.persistentVolumeClaim.claimName)
    const path = join(directory, volume.name)
    if (volume.emptyDir !== undefined) {
      await mkdir(path, { recursive: true })
      if (account.uid !== undefined && account.gid !== undefined) await chown(path, account.uid, account.gid)
      // The mode that the kubelet gives an emptyDir; not through mkdir, whose mode the umask cuts.
      await chmod(path, 0o777)
      return path
    }
    const files = await this.#files(pod, volume)
    const projected = this.#projected.get(volume.name) ?? new AtomicDirectory(path, account)
    this.#projected.set(volume.name, projected)
    await projected.write(files)
    return path
  }

  async #claim(pod: Pod, name: string): Promise<string> {
    const { api } = this.#context
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/persistentvolumeclaims/${name}`
    const claim = await api.find<PersistentVolumeClaim>(path)
    if (claim === undefined) throw new MountError(`persistentvolumeclaim "${name}" not found`)
    if (claim.status?.phase !== 'Bound') throw new MountError(`persistentvolumeclaim "${name}" is not bound`)
    const volume = await api.get<PersistentVolume>(`/api/v1/persistentvolumes/${claim.spec.volumeName ?? ''}`)
    if (volume.spec.hostPath === undefined) throw new MountError(`volume "${volume.metadata.name}" is not of this node`)
    return volume.spec.hostPath.path
  }

  async #files(pod: Pod, volume: Volume): Promise<Files> {
    const namespace = pod.metadata.namespace ?? ''
    if (volume.secret !== undefined) {
      const { secretName, items, defaultMode = defaultFileMode, optional = false } = volume.secret
      return this.#secret(namespace, secretName, items, { mode: defaultMode, optional })
    }
    if (volume.configMap !== undefined) {
      const { name, items, defaultMode = defaultFileMode, optional = false } = volume.configMap
      return this.#configMap(namespace, name, items, { mode: defaultMode, optional })
    }
    if (volume.downwardAPI !== undefined) {
      return this.#downward(pod, volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? defaultFileMode)
    }
    if (volume.projected !== undefined) {
      const files: Files = new Map()
      const mode = volume.projected.defaultMode ?? defaultFileMode
      for (const source of volume.projected.sources ?? []) {
        for (const [path, file] of await this.#source(pod, source, mode)) files.set(path, file)
      }
      return files
    }
    throw new MountError('the local node does not support this kind of volume')
  }

  async #source(pod: Pod, source: Projection, mode: number): Promise<Files> {
    const namespace = pod.metadata.namespace ?? ''
    if (source.secret !== undefined) {
      const { name, items, optional = false } = source.secret
      return this.#secret(namespace, name, items, { mode, optional })
    }
    if (source.configMap !== undefined) {
      const { name, items, optional = false } = source.configMap
      return this.#configMap(namespace, name, items, { mode, optional })
    }
    if (source.downwardAPI !== undefined) return this.#downward(pod, source.downwardAPI.items ?? [], mode)
    if (source.serviceAccountToken !== undefined) {
      const { path, audience, expirationSeconds } = source.serviceAccountToken
      const token = this.#tokens.get(audience ?? '') ?? (await this.#requestToken(pod, audience, expirationSeconds))
      this.#tokens.set(audience ?? '', token)
      return new Map([[path, { content: Buffer.from(token), mode }]])
    }
    throw new MountError('the local node does not support this projection')
  }

  async #requestToken(pod: Pod, audience: string | undefined, expirationSeconds = 3600): Promise<string> {
    const { name, namespace, uid } = pod.metadata
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    }
    const account = pod.spec.serviceAccountName ?? 'default'
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
    const { status } = await this.#context.api.create<{ status: { token: string } }>(path, request)
    return status.token
  }

  async #secret(
    namespace: string,
    name: string,
    items: readonly KeyToPath[] | undefined,
    options: { readonly mode: number; readonly optional: boolean },
  ): Promise<Files> {
    const secret = await this.#context.api.find<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`)
    if (secret === undefined && !options.optional) throw new MountError(`secret "${name}" not found`)
    const contents = Object.entries(secret?.data ?? {}).map(([k, v]) => [k, Buffer.from(v, 'base64')] as const)
    return select('secret', new Map(contents), items, options)
  }

  async #configMap(
    namespace: string,
    name: string,
    items: readonly KeyToPath[] | undefined,
    options: { readonly mode: number; readonly optional: boolean },
  ): Promise<Files> {
    const map = await this.#context.api.find<ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/${name}`)
    if (map === undefined && !options.optional) throw new MountError(`configmap "${name}" not found`)
    const contents = new Map<string, Buffer>()
    for (const [key, text] of Object.entries(map?.data ?? {})) contents.set(key, Buffer.from(text))
    for (const [key, base64] of Object.entries(map?.binaryData ?? {})) contents.set(key, Buffer.from(base64, 'base64'))
    return select('config', contents, items, options)
  }

  #downward(pod: Pod, items: readonly DownwardItem[], defaultMode: number): Files {
    return new Map(
      items.map((item) => {
        const content = Buffer.from(this.#context.downwardValue(pod, item))
        return [item.path, { content, mode: item.mode ?? defaultMode }]
      }),
    )
  }
}
