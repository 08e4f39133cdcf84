import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { derivedNames } from '../api/names.ts'
import { selectorLabels } from '../api/labels.ts'
import type { CertManagerProps } from './tls-props.ts'

/** Whose certificate it is, and who signs it. */
interface CertificateContext {
  /** Name of the Database. */
  readonly name: string
  readonly namespace: string
  readonly options: CertManagerProps
}

/** What cert-manager reads as a duration. @see https://pkg.go.dev/time#ParseDuration */
const DURATION = /^([0-9]+(\.[0-9]+)?(h|m|s|ms|us|ns))+$/

/** The Certificate of a Database, and the Secret that cert-manager makes for it. */
export function certificateName(name: string): string {
  return `${name}-tls`
}

/** What is wrong with the options. */
export function certificateIssues({ issuer, duration, renewBefore }: CertManagerProps): string[] {
  const issues = issuer.name === '' ? ['tls.certManager.issuer.name must be the name of an issuer'] : []
  for (const [field, value] of Object.entries({ duration, renewBefore })) {
    if (value === undefined || DURATION.test(value)) continue
    issues.push(`tls.certManager.${field} must be a duration as Go writes it, for example 2160h`)
  }
  return issues
}

/**
 * Every name under which a client of the cluster reaches the database: the Services in all their forms, and each pod
 * behind the headless one.
 */
export function certificateHosts(name: string, namespace: string): string[] {
  const { service, podService } = derivedNames(name)
  const forms = (host: string): string[] => [
    host,
    `${host}.${namespace}`,
    `${host}.${namespace}.svc`,
    `${host}.${namespace}.svc.cluster.local`,
  ]
  const pods = [`*.${podService}.${namespace}.svc`, `*.${podService}.${namespace}.svc.cluster.local`]
  return [...forms(service), ...forms(`${service}-ro`), ...forms(podService), ...pods]
}

/**
 * A Certificate of cert-manager for all names of the database's Services. It holds no secret: key and certificate are
 * made in the cluster, and made anew before they end; the server takes them over without a restart.
 *
 * It is not among the children, as the ExternalSecret is not: whoever applies it, the Database only names its Secret.
 * Fields that cert-manager might default are written out, so that nobody sees a difference.
 * @see https://cert-manager.io/docs/usage/certificate/
 */
export function certificate(scope: Construct, { name, namespace, options }: CertificateContext): ApiObject {
  const { issuer, duration, renewBefore } = options
  const labels = { ...selectorLabels(name), 'app.kubernetes.io/part-of': name }
  return new ApiObject(scope, 'Certificate', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: certificateName(name), namespace, labels },
    spec: {
      secretName: certificateName(name),
      // The labels make a renewal an event of this database.
      secretTemplate: { labels },
      issuerRef: { name: issuer.name, kind: issuer.kind ?? 'Issuer', group: issuer.group ?? 'cert-manager.io' },
      dnsNames: certificateHosts(name, namespace),
      usages: ['digital signature', 'server auth'],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      ...(duration === undefined ? {} : { duration }),
      ...(renewBefore === undefined ? {} : { renewBefore }),
    },
  })
}
