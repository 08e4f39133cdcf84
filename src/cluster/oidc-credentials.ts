import type { Credential, Credentials } from './credential.ts'
import { CredentialError } from './errors.ts'

/**
 * Credentials of the `oidc` auth-provider, the only one left in Kubernetes. Discovery, refresh and their checks are a
 * protocol of their own, so they stay with @kubernetes/client-node, which is loaded only for a user who needs it.
 *
 * The one thing taken from it is the Authorization header: its connections, models and errors do not come through here.
 */
export async function oidcCredentials(source: {
  readonly user: string
  readonly config: Readonly<Record<string, string>>
}): Promise<Credentials> {
  // Imported here, not above: a bundle in one piece would load what stands above at start-up.
  const { KubeConfig } = await import('@kubernetes/client-node')
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'cluster', server: 'https://unused.invalid', skipTLSVerify: false }],
    users: [{ name: source.user, authProvider: { name: 'oidc', config: { ...source.config } } }],
    contexts: [{ name: 'context', cluster: 'cluster', user: source.user }],
    currentContext: 'context',
  })
  let running: Promise<Credential> | undefined
  const ask = async (): Promise<Credential> => {
    const options: { headers?: Record<string, string> } = {}
    try {
      await kubeConfig.applyToHTTPSOptions(options)
    } catch (error) {
      // Its messages hold requests and tokens, so none of them is passed on, not even as cause.
      throw unusable(source.user, error instanceof Error ? error.name : 'error')
    }
    const authorization = options.headers?.['Authorization']
    if (authorization === undefined) throw unusable(source.user, 'no token')
    return { authorization }
  }
  return {
    current() {
      running ??= ask().finally(() => {
        running = undefined
      })
      return running
    },
    // The provider renews by expiry only; asking again gives the same token.
    invalidate: () => false,
  }
}

function unusable(user: string, problem: string): CredentialError {
  return new CredentialError(`user ${user} has no OpenID Connect token that is valid or can be renewed (${problem})`, {
    hint: 'log in again with the tool that wrote the kubeconfig',
  })
}
