import { databaseCrd } from '../../src/api/crd.ts'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
}

/** Paths of all values of a schema: `any` for the keys of a map, `[0]` for items of a list. */
function leaves(schema: Schema, path: string): string[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, field]) => leaves(field, `${path}.${name}`))
  }
  if (schema.additionalProperties !== undefined) return leaves(schema.additionalProperties, `${path}.any`)
  if (schema.items !== undefined) return leaves(schema.items, `${path}[0]`)
  return [path]
}

function specSchema(): Schema {
  const { versions } = databaseCrd()['spec'] as {
    versions: { schema: { openAPIV3Schema: { properties: { spec: Schema } } } }[]
  }
  return versions[0]?.schema.openAPIV3Schema.properties.spec ?? {}
}

/** Every field of the resource's spec, as the definition has them. */
export const SPEC_FIELDS: readonly string[] = leaves(specSchema(), 'spec')
