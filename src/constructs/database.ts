import { Chart } from 'cdk8s'
import type { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'
import { API_VERSION, CHILDREN_ANNOTATION, KIND } from '../api/group.ts'
import { objectLabels } from '../api/labels.ts'
import { derivedNames, endpoint } from '../api/names.ts'
import { checkDatabase } from '../api/parameter-check.ts'
import { KEPT_UNLESS_CONFIRMED } from '../api/protection.ts'
import { Database as DatabaseResource } from '../../imports/database.example.com.ts'
import type { DatabaseSpec as ImportedSpec } from '../../imports/database.example.com.ts'
import { certificate, certificateIssues } from './certificate.ts'
import { childContext } from './child-context.ts'
import { addChildren } from './children.ts'
import { claimNames } from './name-claims.ts'
import type { DatabaseChildren } from './children.ts'
import type { ConnectionTarget } from './connect.ts'
import { DatabaseCrd } from './database-crd.ts'
import { embeddedSecrets } from './embedded-secrets.ts'
import { externalSecret, externalSecretIssues } from './external-secret.ts'
import type { DatabaseProps } from './props.ts'
import { specOfProps } from './spec-of-props.ts'

/**
 * A PostgreSQL database: the Database resource and, unless `children` says otherwise, everything it consists of.
 *
 * What is wrong with the props is reported when the app is synthesised, all of it at once, with the construct's path.
 *
 * ```ts
 * new Database(chart, 'orders', {
 *   image: 'postgres:16.4-bookworm',
 *   databaseName: 'orders',
 *   username: 'orders_app',
 *   storage: { size: Size.gibibytes(10) },
 * })
 * ```
 */
export class Database extends Construct implements ConnectionTarget {
  /** Name of the resource. */
  readonly name: string
  /** Namespace; `undefined` where neither the props nor the chart name one. */
  readonly namespace: string | undefined
  /** The Database resource. */
  readonly resource: ApiObject
  /** Name of the Secret that holds the credentials: the generated one, or the one that the props name. */
  readonly secretName: string
  /** Set where the Secret is somebody else's: what of it is known. @see connect */
  readonly passwordOnly: ConnectionTarget['passwordOnly']
  /** Set where the database takes encrypted connections only: the Secret with its certificate. @see connect */
  readonly tls: ConnectionTarget['tls']
  /** The children, where they are rendered. */
  readonly children: DatabaseChildren | undefined

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id)
    DatabaseCrd.ensure(this)
    const rendered = (props.children ?? 'rendered') === 'rendered'
    this.name = props.name ?? id
    this.namespace = props.namespace ?? Chart.of(this).namespace
    const spec = specOfProps(props, this.name)
    const existing: { readonly name: string } | undefined = spec.credentials?.existingSecret
    this.secretName = existing?.name ?? derivedNames(this.name).credentialsSecret
    this.passwordOnly = passwordOnlyOf(props)
    this.tls = spec.tls
    this.resource = new DatabaseResource(this, 'Resource', {
      metadata: {
        name: this.name,
        ...(this.namespace === undefined ? {} : { namespace: this.namespace }),
        labels: { ...props.labels, ...objectLabels(this.name) },
        annotations: {
          ...KEPT_UNLESS_CONFIRMED,
          ...props.annotations,
          ...(rendered ? { [CHILDREN_ANNOTATION]: 'rendered' } : {}),
        },
      },
      spec: spec as unknown as ImportedSpec,
    })
    const result = checkDatabase({ apiVersion: API_VERSION, kind: KIND, metadata: { name: this.name }, spec })
    const issues = result.ok ? [] : result.issues.map(({ message }) => message)
    issues.push(...embeddedSecrets(props))
    if (!rendered && props.children !== 'reconciled') issues.push("children must be 'rendered' or 'reconciled'")
    if (rendered && this.namespace === undefined) issues.push(NAMESPACE_NEEDED)
    issues.push(...claimNames(this, this.namespace, this.name, spec.storage?.claimTemplate))
    issues.push(...this.#addExternalSecret(props), ...this.#addCertificate(props))
    this.node.addValidation({ validate: () => issues })
    if (rendered && result.ok && this.namespace !== undefined) {
      this.children = addChildren(this, childContext(this.name, this.namespace, result.database.spec))
    }
  }

  /** Writes the objects of the External Secrets Operator, where the props ask for them; returns what is wrong. */
  #addExternalSecret({ credentials, databaseName, username, tls }: DatabaseProps): string[] {
    if (credentials?.externalSecret === undefined) return []
    const options = credentials.externalSecret === true ? {} : credentials.externalSecret
    const issues = externalSecretIssues(options)
    if (credentials.existingSecret !== undefined) {
      issues.push('credentials names either existingSecret or externalSecret, whose Secret has a name of its own')
    }
    if (this.namespace === undefined) return [...issues, needsNamespace('credentials.externalSecret')]
    const { name, namespace } = this
    externalSecret(this, { name, namespace, databaseName, username, tls: tls !== undefined, options })
    return issues
  }

  /** Writes the Certificate of cert-manager, where the props ask for it; returns what is wrong. */
  #addCertificate({ tls }: DatabaseProps): string[] {
    if (tls?.certManager === undefined) return []
    const issues = certificateIssues(tls.certManager)
    if (tls.secretName !== undefined)
      issues.push('tls names either secretName or certManager, whose Secret has a name of its own')
    if (this.namespace === undefined) return [...issues, needsNamespace('tls.certManager')]
    certificate(this, { name: this.name, namespace: this.namespace, options: tls.certManager })
    return issues
  }

  /** Host and port of the primary inside the cluster. Needs a namespace. */
  get endpoint(): string {
    if (this.namespace === undefined) throw new Error(`${this.node.path}: ${NAMESPACE_NEEDED}`)
    return endpoint(this.name, this.namespace)
  }
}

/** The operator makes a Secret with every key; of one that the props name only the password is known. */
function passwordOnlyOf({ credentials, databaseName, username }: DatabaseProps): ConnectionTarget['passwordOnly'] {
  if (credentials?.existingSecret === undefined) return undefined
  return { key: credentials.existingSecret.passwordKey ?? 'password', database: databaseName, username }
}

const NAMESPACE_NEEDED =
  "rendered children name their namespace: give the chart one (new Chart(app, id, { namespace: 'shop' })), or use children: 'reconciled'"

const needsNamespace = (field: string): string =>
  `${field} writes host names, which hold the namespace: give the chart one (new Chart(app, id, { namespace: 'shop' }))`
