/**
 * The external provisioner and resizer of the node's storage classes: directories on this machine as volumes.
 *
 * Claims and volumes are bound by the real controller manager; this does what a CSI driver's sidecars would.
 *
 * @see https://kubernetes.io/docs/concepts/storage/storage-classes/
 */
import { chmod, chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { ApiError } from '../api-client.ts'
import type { ApiClient, WatchEvent } from '../api-client.ts'
import type { EventRecorder } from './events.ts'
import { objectKey } from './objects.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from './objects.ts'
import { selectedNodeAnnotation } from './placement.ts'
import { parseQuantity } from './quantity.ts'

/** Name of the provisioner in the storage classes. */
const provisionerName = 'local.cdk8s-database.example.com/volumes'
/** The default class; its volumes can grow. */
const defaultStorageClass = 'local'
/** A class whose volumes cannot grow. */
const fixedStorageClass = 'local-fixed'

const provisionerAnnotation = 'volume.kubernetes.io/storage-provisioner'
const provisionedByAnnotation = 'pv.kubernetes.io/provisioned-by'

/** After an error that is not about the object itself: the API server is away. */
const retryMs = 1000

/** What the provisioner works with. */
export interface ProvisionerOptions {
  readonly api: ApiClient
  readonly events: EventRecorder
  readonly account: Account
  readonly nodeName: string
  /** Where the volumes' directories are made. */
  readonly directory: string
  /**
   * Volumes get no directory, and claims are bound here and not by the controller manager, which binds one after
   * another (measured on two busy cores: ten a second).
   */
  readonly isInstant: boolean
  log(line: string): void
}

/** The storage classes, as the API has them. */
function storageClasses(): (StorageClass & { reclaimPolicy: string })[] {
  const make = (name: string, allowVolumeExpansion: boolean, isDefault: boolean) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(isDefault) } },
    provisioner: provisionerName,
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Delete',
    allowVolumeExpansion,
  })
  return [make(defaultStorageClass, true, true), make(fixedStorageClass, false, false)]
}

/** Makes, grows and deletes volumes. */
export class Provisioner {
  readonly #options: ProvisionerOptions
  readonly #claims = new Map<string, PersistentVolumeClaim>()
  readonly #classes = new Map<string, StorageClass>()
  readonly #volumes = new Map<string, PersistentVolume>()
  readonly #busy = new Set<string>()
  #signal: AbortSignal | undefined

  constructor(options: ProvisionerOptions) {
    this.#options = options
  }

  /** Creates the storage classes and begins to work. Resolves when everything that exists is known. */
  async start(signal: AbortSignal, onChange: () => void): Promise<void> {
    const { api } = this.#options
    this.#signal = signal
    for (const storageClass of storageClasses()) {
      const path = `/apis/storage.k8s.io/v1/storageclasses/${storageClass.metadata.name}`
      await api.apply(path, storageClass, 'local-node', { force: true })
    }
    const keep =
      <T extends { metadata: { namespace?: string; name: string } }>(
        known: Map<string, T>,
        react: (object: T) => void,
      ) =>
      (event: WatchEvent<T>): void => {
        if (event.type === 'DELETED') known.delete(objectKey(event.object))
        else {
          known.set(objectKey(event.object), event.object)
          react(event.object)
        }
        onChange()
      }
    await api.follow<StorageClass>(
      '/apis/storage.k8s.io/v1/storageclasses',
      keep(this.#classes, () => undefined),
      { signal },
    )
    await api.follow<PersistentVolume>(
      '/api/v1/persistentvolumes',
      keep(this.#volumes, (volume) =>
        this.#work(`v/${volume.metadata.name}`, () => this.#reclaim(volume.metadata.name)),
      ),
      { signal },
    )
    await api.follow<PersistentVolumeClaim>(
      '/api/v1/persistentvolumeclaims',
      keep(this.#claims, (claim) => this.#work(`c/${objectKey(claim)}`, () => this.#serve(objectKey(claim)))),
      { signal },
    )
  }

  /** The claim as it was last seen. */
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(`${namespace}/${name}`)
  }

  /** The class as it was last seen. */
  storageClass(name: string): StorageClass | undefined {
    return this.#classes.get(`/${name}`)
  }

  /** One at a time per object, and once more when it changed meanwhile. */
  #work(key: string, run: () => Promise<boolean>): void {
    if (this.#busy.has(key)) return
    this.#busy.add(key)
    void (async () => {
      try {
        while (await run());
      } catch (error) {
        // Gone or changed by somebody else: the next event brings it back.
        if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) {
          this.#options.log(`volumes: ${key}: ${String(error)}`)
          if (!this.#signal?.aborted) setTimeout(() => this.#work(key, run), retryMs).unref()
        }
      } finally {
        this.#busy.delete(key)
      }
    })()
  }

  async #serve(key: string): Promise<boolean> {
    const claim = this.#claims.get(key)
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return false
    if (claim.status?.phase === 'Bound') await this.#grow(claim)
    else await this.#provision(claim)
    return this.#claims.get(key) !== claim
  }

  async #provision(claim: PersistentVolumeClaim): Promise<void> {
    const storageClass = this.storageClass(claim.spec.storageClassName ?? '')
    if (storageClass?.provisioner !== provisionerName || (claim.spec.volumeName ?? '') !== '') return
    // Set by the controller manager when it is our turn, as for every external provisioner.
    const annotations = claim.metadata.annotations ?? {}
    if (annotations[provisionerAnnotation] !== provisionerName && !this.#options.isInstant) return
    const isSelected = annotations[selectedNodeAnnotation] === this.#options.nodeName
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !isSelected) return
    const { name, namespace = '', uid = '', resourceVersion } = claim.metadata
    const volumeName = `pvc-${uid}`
    if (this.#volumes.has(`/${volumeName}`)) return
    const path = await this.#makeDirectory(volumeName)
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName, annotations: { [provisionedByAnnotation]: provisionerName } },
      spec: {
        capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
        accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
        volumeMode: claim.spec.volumeMode ?? 'Filesystem',
        storageClassName: storageClass.metadata.name,
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
        hostPath: { path, type: '' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [this.#options.nodeName] }],
              },
            ],
          },
        },
      },
    }
    await this.#options.api.create('/api/v1/persistentvolumes', volume)
    if (this.#options.isInstant) await this.#bind(claim, volumeName, volume.spec.capacity)
    const owner = { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }
    const message = `Successfully provisioned volume ${volumeName}`
    this.#options.events.record(owner, 'Normal', 'ProvisioningSucceeded', message)
  }

  /** What the controller manager would write. */
  async #bind({ metadata, spec }: PersistentVolumeClaim, volumeName: string, capacity: object): Promise<void> {
    const { api } = this.#options
    const path = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}`
    await api.merge(`/api/v1/persistentvolumes/${volumeName}/status`, { status: { phase: 'Bound' } })
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' }
    await api.merge(path, { metadata: { annotations }, spec: { volumeName } })
    const accessModes = spec.accessModes ?? ['ReadWriteOnce']
    await api.merge(`${path}/status`, { status: { phase: 'Bound', capacity, accessModes } })
  }

  async #grow(claim: PersistentVolumeClaim): Promise<void> {
    const wanted = claim.spec.resources?.requests?.['storage']
    const has = claim.status?.capacity?.['storage']
    const volume = this.#volumes.get(`/${claim.spec.volumeName ?? ''}`)
    if (wanted === undefined || has === undefined || parseQuantity(wanted) <= parseQuantity(has)) return
    if (volume?.metadata.annotations?.[provisionedByAnnotation] !== provisionerName) return
    const { api, events } = this.#options
    await api.merge(`/api/v1/persistentvolumes/${volume.metadata.name}`, { spec: { capacity: { storage: wanted } } })
    const path = `/api/v1/namespaces/${claim.metadata.namespace}/persistentvolumeclaims/${claim.metadata.name}/status`
    const conditions = (claim.status?.conditions ?? []).filter(
      ({ type }) => type !== 'Resizing' && type !== 'FileSystemResizePending',
    )
    await api.merge(path, { status: { capacity: { storage: wanted }, conditions } })
    const owner = { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }
    events.record(
      owner,
      'Normal',
      'FileSystemResizeSuccessful',
      `MountVolume.NodeExpandVolume succeeded for volume "${volume.metadata.name}"`,
    )
  }

  async #reclaim(name: string): Promise<boolean> {
    const volume = this.#volumes.get(`/${name}`)
    if (volume?.metadata.annotations?.[provisionedByAnnotation] !== provisionerName) return false
    if (volume.status?.phase !== 'Released' || volume.spec.persistentVolumeReclaimPolicy !== 'Delete') return false
    if (volume.metadata.deletionTimestamp !== undefined) return false
    await this.#options.api.delete(`/api/v1/persistentvolumes/${name}`)
    if (!this.#options.isInstant) {
      await rm(join(this.#options.directory, name), { recursive: true, force: true, maxRetries: 3 })
    }
    return false
  }

  async #makeDirectory(name: string): Promise<string> {
    const { directory, account, isInstant } = this.#options
    const path = join(directory, name)
    if (isInstant) return path
    await mkdir(path, { recursive: true, mode: 0o755 })
    if (account.uid !== undefined && account.gid !== undefined) await chown(path, account.uid, account.gid)
    // What fsGroup leaves: the group may write, and what is made inside belongs to the group.
    await chmod(path, 0o2775)
    return path
  }
}
