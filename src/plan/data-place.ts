import { majorOfTag } from '../api/image-reference.ts'
import type { KubernetesObject } from '../api/object.ts'
import { claimTemplates } from './claim-template.ts'

/** Where on its volume a StatefulSet of PostgreSQL keeps its data. */
export interface DataPlace {
  /** Name of the claim template. */
  readonly claimTemplate: string
  /** Directory on the volume, without a slash at either end; empty for the volume's own root. */
  readonly path: string
  readonly image: string
}

interface Container {
  readonly image?: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[]
}

/**
 * Where the data lies, by `PGDATA` and the mount that it is below; without the variable, by the default of the official
 * image. `undefined` where no container keeps its data on a claim of the StatefulSet.
 * @see https://github.com/docker-library/postgres/pull/1259
 */
export function dataPlaceOf(statefulSet: KubernetesObject): DataPlace | undefined {
  const templates = new Set(claimTemplates(statefulSet).map(({ metadata }) => metadata?.name))
  const spec = statefulSet['spec'] as { template?: { spec?: { containers?: readonly Container[] } } } | undefined
  for (const { image = '', env = [], volumeMounts = [] } of spec?.template?.spec?.containers ?? []) {
    const data = env.find(({ name }) => name === 'PGDATA')?.value ?? defaultDirectory(image)
    for (const { name, mountPath, subPath = '' } of volumeMounts) {
      const inside = relative(data, mountPath)
      if (!templates.has(name) || inside === undefined) continue
      return { claimTemplate: name, path: [subPath, inside].map(trimmed).filter(Boolean).join('/'), image }
    }
  }
  return undefined
}

function defaultDirectory(image: string): string {
  const major = majorOfTag(image)
  return major !== undefined && Number(major) >= 18 ? `/var/lib/postgresql/${major}/docker` : '/var/lib/postgresql/data'
}

function relative(path: string, base: string): string | undefined {
  const [inner, outer] = [trimmed(path), trimmed(base)]
  if (inner === outer) return ''
  return inner.startsWith(`${outer}/`) ? inner.slice(outer.length + 1) : undefined
}

const trimmed = (path: string): string => path.replaceAll(/^\/+|\/+$/g, '')
