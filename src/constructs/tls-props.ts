/** Which issuer of cert-manager signs the certificate. */
export interface IssuerProps {
  readonly name: string
  /** @default 'Issuer', one of the database's namespace */
  readonly kind?: 'Issuer' | 'ClusterIssuer' | (string & {})
  /** API group; another one for issuers that do not come with cert-manager. @default 'cert-manager.io' */
  readonly group?: string
}

/** How cert-manager makes the certificate. */
export interface CertManagerProps {
  readonly issuer: IssuerProps
  /** Lifetime that is asked for, as a Go duration: `2160h`. @default cert-manager's, 90 days */
  readonly duration?: string
  /** How long before its end it is renewed, as a Go duration. @default cert-manager's, a third of the lifetime */
  readonly renewBefore?: string
}

/** Where the server's certificate comes from. One of the two. */
export type TlsProps =
  | {
      /** A Secret of type `kubernetes.io/tls` that somebody else keeps. */
      readonly secretName: string
      readonly certManager?: never
    }
  | {
      /**
       * Have cert-manager make and renew the Secret: a `Certificate` for the names of all Services is written beside the
       * Database, which names its Secret, `<name>-tls`.
       */
      readonly certManager: CertManagerProps
      readonly secretName?: never
    }
