import type { CertificateWithKey } from './certificate.ts'

/** The Secret of a server's certificate, as cert-manager writes it. */
export function certificateSecret(
  name: string,
  { certificate: authority }: Pick<CertificateWithKey, 'certificate'>,
  { certificate, key }: CertificateWithKey,
): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority },
  }
}
