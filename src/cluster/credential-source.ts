/** A client certificate with its private key, both PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** A program that prints a credential, as kubectl runs it. */
export interface ExecPlugin {
  /** Absolute path, or a name to be found in PATH. */
  readonly command: string
  readonly args: readonly string[]
  /** Added to the environment of the process. */
  readonly environment: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly installHint?: string
  /** `spec.cluster` of KUBERNETES_EXEC_INFO, present when the kubeconfig says `provideClusterInfo`. */
  readonly cluster?: Readonly<Record<string, unknown>>
}

/** How a request is authenticated, apart from a client certificate. */
export type Authentication =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** Read again as it changes; `fallback` is used while the file cannot be read. */
  | { readonly kind: 'token-file'; readonly path: string; readonly fallback?: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'exec'; readonly plugin: ExecPlugin }
  | { readonly kind: 'oidc'; readonly user: string; readonly config: Readonly<Record<string, string>> }

/** What the kubeconfig, or the pod, gives to log in with. */
export interface CredentialSource {
  readonly clientCertificate?: ClientCertificate
  readonly authentication: Authentication
}

/** For people: `client certificate`, `token`, `exec plugin aws`. */
export function describeCredentials(source: CredentialSource): string {
  const { authentication } = source
  switch (authentication.kind) {
    case 'token':
      return 'token'
    case 'token-file':
      return `token file ${authentication.path}`
    case 'basic':
      return 'user name and password'
    case 'exec':
      return `exec plugin ${authentication.plugin.command}`
    case 'oidc':
      return 'OpenID Connect'
    case 'none':
    default:
      return source.clientCertificate === undefined ? 'no credentials' : 'client certificate'
  }
}
