/** A database by name. */
export interface DatabaseName {
  readonly namespace: string
  readonly name: string
}

/** Its name as the work queue knows it, `namespace/name`. */
export function keyOf({ namespace, name }: DatabaseName): string {
  return `${namespace}/${name}`
}

/** The name behind a key of the work queue. */
export function nameOf(key: string): DatabaseName {
  const [namespace = '', name = ''] = key.split('/')
  return { namespace, name }
}
