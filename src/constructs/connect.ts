import { ApiObject } from 'cdk8s'
import { EnvValue, Secret } from 'cdk8s-plus-28'
import type { AbstractPod, k8s } from 'cdk8s-plus-28'
import { clientOfLabel, POSTGRES_PORT } from '../api/group.ts'
import { derivedNames, serviceHost } from '../api/names.ts'
import { clientTrust } from './client-trust.ts'
import type { CertificateAuthority, ClientTrust } from './client-trust.ts'

/**
 * What a client may want to know, by the key in the credentials Secret; the last two as libpq calls them, for a database
 * that encrypts. With TLS, `uri` and `jdbc-uri` are those that check whom they lead to.
 */
export type ConnectionKey =
  | 'host'
  | 'port'
  | 'database'
  | 'username'
  | 'password'
  | 'uri'
  | 'jdbc-uri'
  | 'pgpass'
  | 'sslmode'
  | 'sslrootcert'

/** What stands in the Secret. */
type SecretKey = Exclude<ConnectionKey, 'sslmode' | 'sslrootcert'>

/** Names of environment variables, by what they hold: `{ uri: 'DATABASE_URL' }`. */
export type ConnectionVariables = Readonly<Partial<Record<ConnectionKey, string>>>

/** The variables that libpq and most drivers read; the last two where the database encrypts. @see https://www.postgresql.org/docs/current/libpq-envars.html */
export const LIBPQ_VARIABLES = {
  host: 'PGHOST',
  port: 'PGPORT',
  database: 'PGDATABASE',
  username: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
} as const satisfies ConnectionVariables

/** A database as a client knows it. A `Database` is one; for one that another app makes, its name is enough. */
export interface ConnectionTarget {
  readonly name: string
  /** @default the namespace of the client */
  readonly namespace?: string | undefined
  /** The Secret. @default the generated one, `<name>-credentials` */
  readonly secretName?: string
  /**
   * Where the Secret holds nothing but a password: its key, and what else a client needs.
   * @default the Secret holds every key
   */
  readonly passwordOnly?: { readonly key: string; readonly database: string; readonly username: string } | undefined
  /** The Secret with the server's certificate. @default none: the database listens without TLS */
  readonly tls?: { readonly secretName: string } | undefined
}

/** How a client connects. */
export interface ConnectionOptions {
  /** Where it has the authorities from that sign the server's certificate. Without TLS nothing comes of it. @default 'secret' */
  readonly authority?: CertificateAuthority
}

/**
 * How a client gets to a database: environment variables that name the Secret, never a value of it, and the label that
 * the database's NetworkPolicy admits. Where the database has TLS, also `verify-full` and the file of authorities for it.
 *
 * ```ts
 * connect(orders).addTo(deployment) // of cdk8s-plus: Deployment, Job, CronJob, …
 *
 * const { env, podLabels } = connect(orders, { uri: 'DATABASE_URL' }) // for anything else
 * ```
 *
 * A Secret cannot be read from another namespace, so neither can this help there: bring the Secret over (External
 * Secrets, a replicator) and name the client in the database's `network.allowFrom`.
 * @param variables default `LIBPQ_VARIABLES`
 * Without TLS nothing is said about encryption: libpq's own `prefer` goes on working when TLS is switched on, where
 * `disable` would lock the client out.
 * @throws Error where the Secret is somebody else's and a variable is to hold more than it has for sure, or where a URI
 * would have to name authorities that are in no file
 */
export function connect(
  target: ConnectionTarget,
  variables: ConnectionVariables = LIBPQ_VARIABLES,
  options: ConnectionOptions = {},
): DatabaseConnection {
  return new DatabaseConnection(target, variables, options)
}

/** @see connect */
export class DatabaseConnection {
  /** For the `env` of a container. */
  readonly env: readonly k8s.EnvVar[]
  /** For the labels of the pod (of a Deployment: of its pod template). */
  readonly podLabels: Readonly<Record<string, string>>
  /** For the `volumes` of the pod. @default none, without TLS */
  readonly volumes: readonly k8s.Volume[]
  /** For the `volumeMounts` of a container. @default none, without TLS */
  readonly volumeMounts: readonly k8s.VolumeMount[]
  readonly #target: ConnectionTarget
  readonly #secretName: string
  readonly #trust: ClientTrust | undefined

  constructor(target: ConnectionTarget, variables: ConnectionVariables, { authority = 'secret' }: ConnectionOptions) {
    const { name, tls } = target
    this.#target = target
    this.#secretName = target.secretName ?? derivedNames(name).credentialsSecret
    this.#trust = tls === undefined ? undefined : clientTrust(name, tls.secretName, authority)
    this.podLabels = { [clientOfLabel(name)]: 'true' }
    this.volumes = this.#trust?.volumes ?? []
    this.volumeMounts = this.#trust?.volumeMounts ?? []
    this.env = Object.entries(variables).flatMap(([key, variable]) => this.#variable(key as ConnectionKey, variable))
  }

  /**
   * Adds the variables, and with TLS the file of authorities, to every container that the workload has by now, init
   * containers included, and the label to its pods. @throws Error where it has no container yet, or stands in another namespace than the database
   */
  addTo(workload: AbstractPod): void {
    const { path } = workload.node
    const containers = [...workload.initContainers, ...workload.containers]
    if (containers.length === 0) throw new Error(`${path}: add its containers before connecting it to a database`)
    const { namespace } = ApiObject.of(workload).metadata
    const { name, namespace: home } = this.#target
    if (namespace !== undefined && home !== undefined && namespace !== home)
      throw new Error(elsewhere(path, name, home))
    for (const [key, value] of Object.entries(this.podLabels)) workload.podMetadata.addLabel(key, value)
    const id = `Credentials of ${name}`
    const secret =
      (workload.node.tryFindChild(id) as ReturnType<typeof Secret.fromSecretName> | undefined) ??
      Secret.fromSecretName(workload, id, this.#secretName)
    for (const container of containers) {
      for (const variable of this.env) {
        const key = variable.valueFrom?.secretKeyRef?.key
        const value = key === undefined ? EnvValue.fromValue(variable.value ?? '') : secret.envValue(key)
        container.env.addVariable(variable.name, value)
      }
    }
    this.#trust?.mountIn(workload, containers)
  }

  /** The variable; none where it is about an encryption that the database does not have. */
  #variable(key: ConnectionKey, name: string): k8s.EnvVar[] {
    if (key === 'sslmode') return this.#trust === undefined ? [] : [{ name, value: 'verify-full' }]
    if (key === 'sslrootcert') return this.#trust === undefined ? [] : [{ name, value: this.#trust.rootCertificate }]
    return [this.#fromSecret(key, name)]
  }

  #fromSecret(key: SecretKey, name: string): k8s.EnvVar {
    const { passwordOnly } = this.#target
    const ofSecret = (of: string): k8s.EnvVar => ({
      name,
      valueFrom: { secretKeyRef: { name: this.#secretName, key: of } },
    })
    if (passwordOnly === undefined) {
      if (this.#trust === undefined || (key !== 'uri' && key !== 'jdbc-uri')) return ofSecret(key)
      if (this.#trust.volumes.length > 0) return ofSecret(`verified-${key}`)
      throw new Error(
        `${name}: a URI that checks the server names a file of authorities, and authority: 'system' has none: take the variables of libpq, or a ConfigMap`,
      )
    }
    const known: ConnectionVariables = { ...passwordOnly, host: this.#host(), port: String(POSTGRES_PORT) }
    if (key === 'password') return ofSecret(passwordOnly.key)
    const value = known[key]
    if (value !== undefined) return { name, value }
    throw new Error(
      `${name}: nobody knows whether Secret ${this.#secretName}, which somebody else keeps, has the key ${key}: take host, port, database, username and password, which need its password alone`,
    )
  }

  #host(): string {
    const { name, namespace } = this.#target
    return namespace === undefined ? derivedNames(name).service : serviceHost(name, namespace)
  }
}

function elsewhere(path: string, name: string, home: string): string {
  return `${path}: it stands in another namespace than database ${name} (${home}), whose Secret it cannot read: bring the Secret over, name the pods in network.allowFrom of the database, and set the variables by hand`
}
