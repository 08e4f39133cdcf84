import type { Credential, Credentials } from './credential.ts'
import type { CredentialSource } from './credential-source.ts'
import type { ClusterConnection } from './cluster-connection.ts'
import type { ExecCredentialOptions } from './exec-credentials.ts'
import { tokenFileCredentials } from './token-file-credentials.ts'

/** Injectable parts of credentials, with what the process gives as defaults. */
export interface CredentialOptions extends ExecCredentialOptions {}

/** The credentials of a connection. Nothing is read or run before {@link Credentials.current} is called. */
export function createCredentials(connection: ClusterConnection, options: CredentialOptions): Credentials {
  const login = authenticate(connection, options)
  const { clientCertificate } = connection.credentials
  if (clientCertificate === undefined) return login
  return {
    // A certificate that a plugin prints takes the place of the one in the file.
    current: async () => ({ clientCertificate, ...(await login.current()) }),
    invalidate: (rejected) => login.invalidate(rejected),
  }
}

function authenticate(connection: ClusterConnection, options: CredentialOptions): Credentials {
  const { authentication }: CredentialSource = connection.credentials
  switch (authentication.kind) {
    case 'token':
      return fixed({ authorization: `Bearer ${authentication.token}` })
    case 'token-file':
      return tokenFileCredentials(authentication, options.now)
    case 'basic': {
      const pair = Buffer.from(`${authentication.username}:${authentication.password}`).toString('base64')
      return fixed({ authorization: `Basic ${pair}` })
    }
    case 'exec':
      return lazily(async () => (await import('./exec-credentials.ts')).execCredentials(authentication.plugin, options))
    case 'oidc':
      return lazily(async () => (await import('./oidc-credentials.ts')).oidcCredentials(authentication))
    case 'none':
    default:
      return fixed({})
  }
}

function fixed(credential: Credential): Credentials {
  return { current: () => Promise.resolve(credential), invalidate: () => false }
}

function lazily(load: () => Promise<Credentials>): Credentials {
  let loading: Promise<Credentials> | undefined
  let loaded: Credentials | undefined
  return {
    async current() {
      loading ??= load()
      loaded = await loading
      return loaded.current()
    },
    invalidate: (rejected) => loaded?.invalidate(rejected) ?? false,
  }
}
