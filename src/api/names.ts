import { AUTHORITY_KEY, GROUP, POSTGRES_PORT } from './group.ts'

/** Names of everything that belongs to one Database. */
export interface DerivedNames {
  readonly statefulSet: string
  /** StatefulSet of the standbys; pod n of it is `<name>-standby-<n>`, from 1. */
  readonly standbyStatefulSet: string
  /** Service of the primary. */
  readonly service: string
  /** Service of the standbys, for readers. */
  readonly readService: string
  /** Headless Service that gives every pod a name. */
  readonly podService: string
  readonly credentialsSecret: string
  readonly configMap: string
  readonly serviceAccount: string
  readonly role: string
  readonly roleBinding: string
  readonly networkPolicy: string
  readonly disruptionBudget: string
  /** Secret by which standbys get in at the primary. */
  readonly replicationSecret: string
  /** CronJob, claim and NetworkPolicy of the dumps. A CronJob's name may have 52 characters. */
  readonly backup: string
  /** ConfigMap with the dashboard. */
  readonly dashboard: string
  /** Claim template; the claim of pod n is `<claimTemplate>-<name>-<n>`. */
  readonly claimTemplate: string
}

/** The names derived from a Database's name. */
export function derivedNames(name: string): DerivedNames {
  return {
    statefulSet: name,
    standbyStatefulSet: `${name}-standby`,
    service: name,
    readService: `${name}-ro`,
    podService: `${name}-pods`,
    credentialsSecret: `${name}-credentials`,
    configMap: `${name}-config`,
    serviceAccount: name,
    role: name,
    roleBinding: name,
    networkPolicy: name,
    disruptionBudget: name,
    replicationSecret: `${name}-replication`,
    backup: `${name}-backup`,
    dashboard: `${name}-dashboard`,
    claimTemplate: 'data',
  }
}

/** Name of the pod with that ordinal. */
export function podName(name: string, ordinal: number): string {
  return `${name}-${ordinal}`
}

/** Name of the pod of the standby with that number; the first is 1. */
export function standbyPodName(name: string, ordinal: number): string {
  return `${derivedNames(name).standbyStatefulSet}-${ordinal}`
}

/** Host name of a pod inside the cluster. */
export function podHost(name: string, ordinal: number, namespace: string): string {
  return `${podName(name, ordinal)}.${derivedNames(name).podService}.${namespace}.svc.cluster.local`
}

/** Name of the claim of the pod with that ordinal. */
export function claimName(name: string, ordinal: number): string {
  return `${derivedNames(name).claimTemplate}-${podName(name, ordinal)}`
}

/** Host name of the primary's Service inside the cluster. */
export function serviceHost(name: string, namespace: string): string {
  return `${derivedNames(name).service}.${namespace}.svc.cluster.local`
}

/**
 * Directory in which a client finds `ca.crt`, the authorities that sign the server's certificate. One place for every
 * client, so that a URI in the Secret can name it; one for each database, so that a client of two keeps them apart.
 */
export function authorityDirectory(name: string): string {
  return `/run/secrets/${GROUP}/${name}`
}

/** The file of authorities in a client's container. @see authorityDirectory */
export function authorityFile(name: string): string {
  return `${authorityDirectory(name)}/${AUTHORITY_KEY}`
}

/** `status.endpoint`: host and port of the primary. */
export function endpoint(name: string, namespace: string): string {
  return `${serviceHost(name, namespace)}:${POSTGRES_PORT}`
}
