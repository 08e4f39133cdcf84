import * as z from 'zod'
import { CRD_NAME, GROUP, KIND, PLURAL, VERSION } from './group.ts'
import type { KubernetesObject } from './object.ts'
import { CEL_KEY } from './rule.ts'
import { NAME_RULES } from './name-rules.ts'
import { KEPT } from './protection.ts'
import { databaseSpecSchema } from './spec.ts'
import { databaseStatusSchema } from './status.ts'

type JsonSchema = Record<string, unknown>

/** Short name for kubectl. */
export const SHORT_NAME = 'db'

/**
 * The CustomResourceDefinition, from the schema that also gives the types and the client's validation.
 * It is structural, carries every CEL rule, and sets a default only where synthesis writes the same value.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
export function databaseCrd(): KubernetesObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: CRD_NAME,
      // Argo CD waits until the definition is established before it goes on. Everything else is of wave 0, in its own
      // order of kinds: each further wave would cost two seconds and gain nothing.
      annotations: { ...KEPT, 'argocd.argoproj.io/sync-wave': '-1' },
      labels: { 'app.kubernetes.io/managed-by': 'cdk8s-database', 'app.kubernetes.io/part-of': 'cdk8s-database' },
    },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: 'database', shortNames: [SHORT_NAME] },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: [
            { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
            { name: 'Ready', type: 'boolean', jsonPath: '.status.ready' },
            { name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas' },
            { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint', priority: 1 },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          schema: { openAPIV3Schema: openApiSchema() },
        },
      ],
    },
  }
}

/** The OpenAPI schema of the whole resource. */
export function openApiSchema(): JsonSchema {
  return {
    type: 'object',
    description: 'A PostgreSQL database: what is wanted in spec, what is observed in status.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(databaseSpecSchema),
      status: structural(databaseStatusSchema),
    },
    [CEL_KEY]: NAME_RULES.map(({ cel, message }) => ({ rule: cel, message })),
  }
}

function structural(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'throw',
    override: ({ jsonSchema }) => makeStructural(jsonSchema as JsonSchema),
  }) as JsonSchema
  return json
}

/**
 * Takes out what a structural schema may not hold, without losing a rule: closed objects (the server prunes or, asked
 * strictly, refuses unknown fields), JavaScript's integer range, and the union behind int-or-string.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
function makeStructural(schema: JsonSchema): void {
  if (schema['additionalProperties'] === false) delete schema['additionalProperties']
  if (schema['propertyNames'] !== undefined) delete schema['propertyNames']
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum']
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum']
  if (schema['minimum'] === -2_147_483_648) delete schema['minimum']
  if (schema['maximum'] === 2_147_483_647 && schema['x-kubernetes-int-or-string'] === undefined)
    delete schema['maximum']
  if (schema['x-kubernetes-int-or-string'] === true) delete schema['anyOf']
  if (schema['type'] === 'integer') schema['format'] = schema['format'] ?? 'int64'
  if (schema['format'] === 'date-time') delete schema['pattern']
  if (schema['type'] === 'array') {
    schema['x-kubernetes-list-type'] = schema['x-kubernetes-list-type'] ?? 'atomic'
  }
}
