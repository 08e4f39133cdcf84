import type { Size } from 'cdk8s'
import type { Cpu } from 'cdk8s-plus-28'
import type { DatabaseSpecInput } from '../api/spec.ts'
import { certificateName } from './certificate.ts'
import { externalSecretName } from './external-secret.ts'
import type { DatabaseProps } from './props.ts'
import type { ResourceListProps, ResourcesProps } from './resources-props.ts'

type SpecResources = NonNullable<DatabaseSpecInput['resources']>
type SpecResourceList = NonNullable<SpecResources['requests']>

/**
 * The `spec` that props describe: value types become quantities, defaults are written out, absent stays absent. What makes
 * no sense goes through as it is, for the validation to refuse: not everybody compiles.
 */
export function specOfProps(props: DatabaseProps, name: string): DatabaseSpecInput {
  return withoutUndefined({
    image: props.image,
    postgresVersion: props.postgresVersion,
    replicas: props.replicas ?? 1,
    databaseName: props.databaseName,
    username: props.username,
    storage: storageOf(props.storage),
    resources: resourcesOf(props.resources),
    placement: props.placement,
    parameters: props.parameters === undefined ? undefined : texts(props.parameters),
    credentials: credentialsOf(props, name),
    tls: tlsOf(props, name),
    network: props.network,
    backup: backupOf(props),
    monitoring: props.monitoring,
    dependencies: props.dependencies,
    handedOver: props.handedOver,
    deletionPolicy: props.deletionPolicy ?? 'Retain',
    deletionProtection: props.deletionProtection,
    paused: props.paused,
  } as DatabaseSpecInput)
}

function storageOf(storage: DatabaseProps['storage'] | undefined): DatabaseSpecInput['storage'] | undefined {
  if (storage === undefined) return undefined
  const { size, storageClassName, layout, claimTemplate } = storage
  return withoutUndefined({ size: sizeOf(size), storageClassName, layout, claimTemplate })
}

/** The operator's Secret is an existing one to the resource; what does not belong there stays, to be refused. */
function credentialsOf({ credentials }: DatabaseProps, name: string): DatabaseSpecInput['credentials'] {
  if (credentials?.externalSecret === undefined) return credentials
  const { externalSecret: _, ...rest } = credentials
  return { existingSecret: { name: externalSecretName(name) }, ...rest }
}

/** The Secret that cert-manager makes is one like any other to the resource; what does not belong there stays, to be refused. */
function tlsOf({ tls }: DatabaseProps, name: string): DatabaseSpecInput['tls'] {
  if (tls?.certManager === undefined) return tls
  const { certManager: _, ...rest } = tls
  return { ...rest, secretName: certificateName(name) }
}

function backupOf({ backup }: DatabaseProps): DatabaseSpecInput['backup'] {
  if (backup === undefined) return undefined
  const { storage, resources, ...rest } = backup
  return withoutUndefined({
    ...rest,
    storage: storage === undefined ? undefined : { ...storage, size: sizeOf(storage.size) },
    resources: resourcesOf(resources),
  })
}

function resourcesOf(resources: ResourcesProps | undefined): SpecResources | undefined {
  if (resources === undefined) return undefined
  return withoutUndefined({ requests: resourceList(resources.requests), limits: resourceList(resources.limits) })
}

function resourceList(list: ResourceListProps | undefined): SpecResourceList | undefined {
  if (list === undefined) return undefined
  return withoutUndefined({ cpu: cpuQuantity(list.cpu), memory: memoryQuantity(list.memory) }) as SpecResourceList
}

function cpuQuantity(cpu: Cpu | string | number | undefined): string | number | undefined {
  return typeof cpu === 'object' ? cpu.amount : cpu
}

function memoryQuantity(memory: Size | string | number | undefined): string | number | undefined {
  return typeof memory === 'object' ? quantityOfSize(memory) : memory
}

function sizeOf(size: Size | string): string {
  return typeof size === 'object' ? quantityOfSize(size) : size
}

/** A cdk8s `Size` as a quantity in the largest binary unit that holds it exactly. */
function quantityOfSize(size: Size): string {
  const kibibytes = size.toKibibytes()
  const units = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi']
  let amount = kibibytes
  let unit = 0
  while (amount % 1024 === 0 && unit < units.length - 1 && amount > 0) {
    amount /= 1024
    unit += 1
  }
  return `${amount}${units[unit]}`
}

function texts(parameters: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  const textOf = (value: string | number | boolean): string => {
    if (typeof value === 'boolean') return value ? 'on' : 'off'
    return typeof value === 'number' ? String(value) : value
  }
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, textOf(value)]))
}

/** The object without properties that are undefined: an absent field and an undefined one must synthesise alike. */
function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value
}
