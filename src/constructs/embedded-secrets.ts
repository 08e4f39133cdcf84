import { hideSecrets } from '../api/secret-values.ts'

/** What to do instead of writing a password down. */
const PASSWORD_ALTERNATIVES =
  'leave it out (one is generated in the cluster), name a Secret with credentials.existingSecret, or let the External Secrets Operator make one with credentials.externalSecret'

/** Props that may say anything to other programs; only a URI with a password in it is plainly a secret there. */
const FREE_TEXTS: ReadonlySet<string> = new Set(['annotations', 'labels'])

/**
 * Passwords among the props, in whatever prop they hide: all of it would be written to `dist/` and end up in Git. The
 * messages name the prop and not the value.
 */
export function embeddedSecrets(props: object): string[] {
  const issues: string[] = []
  const judge = (path: string, key: string, value: unknown): void => {
    let isSecret = false
    hideSecrets({ [key]: value }, () => {
      isSecret = true
      return ''
    })
    if (isSecret) issues.push(`${path} holds a password, which would end up in Git: ${PASSWORD_ALTERNATIVES}`)
  }
  for (const [key, value] of Object.entries(props)) {
    if (FREE_TEXTS.has(key) || key === 'parameters') {
      for (const [name, text] of Object.entries((value ?? {}) as Record<string, unknown>)) {
        if (key === 'parameters' || (typeof text === 'string' && text.includes('://')))
          judge(`${key}.${name}`, name, text)
      }
    } else judge(key, key, key === 'credentials' ? withoutPassword(value) : value)
  }
  return issues
}

/** The schema knows no such field and says so. */
function withoutPassword(credentials: unknown): unknown {
  const { password: _, ...rest } = (credentials ?? {}) as Record<string, unknown>
  return rest
}
