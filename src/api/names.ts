import { POSTGRES_PORT } from './group.ts'

/** Names of everything that belongs to one Database. */
export interface DerivedNames {
  readonly statefulSet: string
  /** Service of the primary. */
  readonly service: string
  /** Headless Service that gives every pod a name. */
  readonly podService: string
  readonly credentialsSecret: string
  readonly configMap: string
  readonly serviceAccount: string
  readonly role: string
  readonly roleBinding: string
  readonly networkPolicy: string
  /** Claim template; the claim of pod n is `<claimTemplate>-<name>-<n>`. */
  readonly claimTemplate: string
}

/** The names derived from a Database's name. */
export function derivedNames(name: string): DerivedNames {
  return {
    statefulSet: name,
    service: name,
    podService: `${name}-pods`,
    credentialsSecret: `${name}-credentials`,
    configMap: `${name}-config`,
    serviceAccount: name,
    role: name,
    roleBinding: name,
    networkPolicy: name,
    claimTemplate: 'data',
  }
}

/** Name of the pod with that ordinal. */
export function podName(name: string, ordinal: number): string {
  return `${name}-${ordinal}`
}

/** Name of the claim of the pod with that ordinal. */
export function claimName(name: string, ordinal: number): string {
  return `${derivedNames(name).claimTemplate}-${podName(name, ordinal)}`
}

/** Host name of the primary's Service inside the cluster. */
export function serviceHost(name: string, namespace: string): string {
  return `${derivedNames(name).service}.${namespace}.svc.cluster.local`
}

/** `status.endpoint`: host and port of the primary. */
export function endpoint(name: string, namespace: string): string {
  return `${serviceHost(name, namespace)}:${POSTGRES_PORT}`
}
