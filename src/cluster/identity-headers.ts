import type { OutgoingHttpHeaders } from 'node:http'
import type { Credential } from './credential.ts'
import type { Impersonation } from './kubeconfig-user.ts'

/**
 * Headers that say who asks, and as whom.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function identityHeaders(credential: Credential, impersonation: Impersonation | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  if (credential.authorization !== undefined) headers['authorization'] = credential.authorization
  if (impersonation === undefined) return headers
  headers['impersonate-user'] = impersonation.user
  if (impersonation.uid !== undefined) headers['impersonate-uid'] = impersonation.uid
  if (impersonation.groups.length > 0) headers['impersonate-group'] = [...impersonation.groups]
  for (const [key, values] of Object.entries(impersonation.extra)) {
    headers[`impersonate-extra-${encodeURIComponent(key)}`] = [...values]
  }
  return headers
}
