import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { FIELD_MANAGER, POSTGRES_PORT } from '../api/group.ts'
import { authorityFile, derivedNames, serviceHost } from '../api/names.ts'
import { selectorLabels } from '../api/labels.ts'
import { connectionKeys } from '../postgres/connection.ts'
import type { ExternalSecretProps } from './props.ts'

/** Characters of a password where the props say nothing: as many as of one that the applier makes. */
const DEFAULT_LENGTH = 32

/** Lengths that are neither guessed nor too long for a client. */
const SHORTEST = 24
const LONGEST = 128

/** Stands for the password while the connection keys are made. Role and database are in lower case, so it is no part of them. */
const PLACEHOLDER = 'PASSWORD'

/** What both objects are made from. */
interface ExternalSecretContext {
  /** Name of the Database. */
  readonly name: string
  readonly namespace: string
  readonly databaseName: string
  readonly username: string
  /** Whether the database takes encrypted connections only. */
  readonly tls: boolean
  readonly options: ExternalSecretProps
}

/** The Secret that the External Secrets Operator makes for a Database. */
export function externalSecretName(name: string): string {
  return derivedNames(name).credentialsSecret
}

/** What is wrong with the options. */
export function externalSecretIssues({ length = DEFAULT_LENGTH }: ExternalSecretProps): string[] {
  if (Number.isInteger(length) && length >= SHORTEST && length <= LONGEST) return []
  return [`credentials.externalSecret.length must be a whole number from ${SHORTEST} to ${LONGEST}`]
}

/**
 * A generator of passwords and an ExternalSecret that asks it once. Neither holds a secret: the operator makes the
 * Secret in the cluster, with the keys that a generated one has.
 *
 * - `CreatedOnce`: every call of the generator gives another password, so it must be called once.
 * - `Orphan` and `Retain`: the Secret outlives the ExternalSecret, as the data does.
 * - `immutable`: an ExternalSecret that is made again is synchronised again; without it that would write a new password
 *   over the one that the data was made with.
 *
 * They are not among the children: they carry no `managed-by` of ours, and are applied before the Database.
 * @see https://external-secrets.io/latest/guides/ownership-deletion-policy/
 * @see https://external-secrets.io/latest/api/generator/password/
 */
export function externalSecret(scope: Construct, context: ExternalSecretContext): ApiObject {
  const { name, namespace, options } = context
  const { length = DEFAULT_LENGTH, immutable = true } = options
  const secretName = externalSecretName(name)
  const metadata = {
    name: secretName,
    namespace,
    labels: { ...selectorLabels(name), 'app.kubernetes.io/part-of': name },
    annotations: {
      'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
      'helm.sh/resource-policy': 'keep',
      'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    },
  }
  const generator = new ApiObject(scope, 'PasswordGenerator', {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'Password',
    metadata,
    // Letters and digits: they mean the same in a URI, a JDBC URL and a pgpass file, which a template cannot escape.
    spec: { length, digits: Math.floor(length / 4), symbols: 0, noUpper: false, allowRepeat: true },
  })
  return new ApiObject(scope, 'ExternalSecret', {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata,
    spec: {
      refreshPolicy: 'CreatedOnce',
      target: {
        name: secretName,
        creationPolicy: 'Orphan',
        deletionPolicy: 'Retain',
        immutable,
        template: {
          engineVersion: 'v2',
          mergePolicy: 'Replace',
          type: 'kubernetes.io/basic-auth',
          metadata: { labels: metadata.labels, annotations: metadata.annotations },
          data: templateData(context),
        },
      },
      dataFrom: [
        {
          sourceRef: {
            generatorRef: { apiVersion: generator.apiVersion, kind: generator.kind, name: generator.name },
          },
        },
      ],
    },
  })
}

/** The keys of a generated Secret, with the operator's variable where the password stands. */
function templateData(context: ExternalSecretContext): Record<string, string> {
  const { name, namespace, databaseName, username, tls } = context
  const host = serviceHost(name, namespace)
  const encryption = tls ? { tls: { authorityFile: authorityFile(name) } } : {}
  const details = { host, port: POSTGRES_PORT, database: databaseName, username, password: PLACEHOLDER, ...encryption }
  const forms = connectionKeys(details)
  const withVariable = (form: string): string => form.replace(PLACEHOLDER, '{{ .password }}')
  return {
    type: 'postgresql',
    provider: FIELD_MANAGER,
    username,
    database: databaseName,
    dbname: databaseName,
    port: String(POSTGRES_PORT),
    host,
    password: '{{ .password }}',
    ...Object.fromEntries(Object.entries(forms).map(([key, form]) => [key, withVariable(form)])),
  }
}
