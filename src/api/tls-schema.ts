import * as z from 'zod'
import { objectName } from './pattern-rule.ts'

/**
 * Schema of `spec.tls`. Who makes the certificate is not the resource's business: it names the Secret, as an Ingress
 * does.
 * @see https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
 */
export const tlsSchema = z
  .strictObject({
    secretName: objectName(
      'tls.secretName',
      'Secret',
      'Secret of type `kubernetes.io/tls` in the same namespace: `tls.crt` for the names of the Services, `tls.key`, and `ca.crt` where the authority is not one that everybody trusts. It must exist before the database starts.',
    ),
  })
  .describe(
    'Encrypted connections. Clients that do not encrypt are turned away then. Default: none, the server listens without TLS.',
  )
