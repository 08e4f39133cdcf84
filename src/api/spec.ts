import { z } from 'zod'
import {
  IMAGE_PATTERN,
  LATEST_PATTERN,
  MAJOR_TAG_PATTERN,
  majorOfTag,
  NUMBER_TAG_PATTERN,
  POSTGRES_MAJORS,
} from './image-reference.ts'
import { OWNED_PARAMETERS, PARAMETER_NAME_PATTERN } from './parameters.ts'
import { parseQuantity } from './quantity.ts'
import { withRules } from './rule.ts'
import type { Rule, TransitionRule } from './rule.ts'

const SMALLEST_VOLUME = '256Mi'

const celString = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const matches = (pattern: string, message: string): Rule<string> => {
  const expression = new RegExp(pattern)
  return { cel: `self.matches(${celString(pattern)})`, message, holds: (value) => expression.test(value) }
}

const immutable = (field: string): TransitionRule<unknown> => ({
  cel: 'self == oldSelf',
  message: `${field} cannot be changed: the data on the volume was created with it`,
  holds: (value, old) => value === old,
})

const atLeast = (value: string, minimum: string): boolean =>
  (parseQuantity(value) ?? -1n) >= (parseQuantity(minimum) ?? 0n)

const image = withRules(
  z
    .string()
    .min(1)
    .max(512)
    .describe(
      'Container image of PostgreSQL: the official `postgres` image or one built on it. A tag or a digest is required; a tag with minor version and operating system (`postgres:16.4-bookworm`) never moves.',
    ),
  [
    matches(IMAGE_PATTERN, 'image must be a reference with a tag or a digest, for example postgres:16.4-bookworm'),
    {
      cel: `!self.matches(${celString(LATEST_PATTERN)})`,
      message:
        'image must not be tagged latest: it would change the major without a word; name one, for example postgres:16.4-bookworm',
      holds: (value) => !new RegExp(LATEST_PATTERN).test(value),
    },
  ],
)

const identifier = (field: string, meaning: string, reserved: readonly string[]): z.ZodString =>
  withRules(
    z.string().min(1).max(63).describe(meaning),
    [
      matches(
        '^[a-z_][a-z0-9_]*$',
        `${field} must be lower-case letters, digits and underscores, not beginning with a digit, for example orders_app`,
      ),
      {
        cel: `!(self in [${reserved.map(celString).join(', ')}]) && !self.startsWith('pg_')`,
        message: `${field} is reserved by PostgreSQL: choose one that is not ${reserved.join(', ')} and does not begin with pg_`,
        holds: (value) => !reserved.includes(value) && !value.startsWith('pg_'),
      },
    ],
    [immutable(field)],
  )

const storageSize = withRules(
  z.string().min(1).max(32).describe('Size of the volume, as a Kubernetes quantity. It can grow, never shrink.'),
  [
    {
      cel: `isQuantity(self) && quantity(self).compareTo(quantity('${SMALLEST_VOLUME}')) >= 0`,
      message: `storage.size must be a quantity of at least ${SMALLEST_VOLUME}, for example 10Gi`,
      holds: (value) => atLeast(value, SMALLEST_VOLUME),
    },
  ],
  [
    {
      cel: '!isQuantity(self) || !isQuantity(oldSelf) || quantity(self).compareTo(quantity(oldSelf)) >= 0',
      message: 'storage.size cannot shrink: a volume can only grow',
      holds: (value, old) => (parseQuantity(value) ?? 0n) >= (parseQuantity(old) ?? 0n),
    },
  ],
)

interface Storage {
  size: string
  storageClassName?: string | undefined
}

const storage = withRules(
  z
    .strictObject({
      size: storageSize,
      storageClassName: z
        .string()
        .min(1)
        .max(253)
        .optional()
        .describe("StorageClass of the volume. Default: the cluster's default class. Cannot be changed."),
    })
    .describe(
      'The volume that holds the data. It is kept when the Database is deleted, unless `deletionPolicy` says otherwise.',
    ),
  [],
  [
    {
      cel: 'has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
      message: 'storage.storageClassName cannot be changed: a volume stays in its class',
      holds: (value: Storage, old: Storage) => value.storageClassName === old.storageClassName,
    },
  ],
)

const amount = (meaning: string, minimum: string, example: string, field: string): z.ZodType<string | number> =>
  withRules(
    z
      .union([z.string().min(1).max(32), z.int().min(0).max(2_147_483_647)])
      .meta({ 'x-kubernetes-int-or-string': true })
      .describe(meaning),
    [
      {
        cel: `isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('${minimum}')) >= 0`,
        message: `${field} must be a quantity of at least ${minimum}, for example ${example}`,
        holds: (value) => atLeast(String(value), minimum),
      },
    ],
  )

const resourceList = (): z.ZodObject<{
  cpu: z.ZodOptional<z.ZodType<string | number>>
  memory: z.ZodOptional<z.ZodType<string | number>>
}> =>
  z.strictObject({
    cpu: amount('CPU, in cores: `500m`, `2`.', '50m', '500m', 'cpu').optional(),
    memory: amount('Memory, in bytes: `512Mi`, `4Gi`.', '128Mi', '1Gi', 'memory').optional(),
  })

interface ResourceList {
  cpu?: string | number | undefined
  memory?: string | number | undefined
}

const fits = (
  requests: ResourceList | undefined,
  limits: ResourceList | undefined,
  name: 'cpu' | 'memory',
): boolean => {
  const request = requests?.[name]
  const limit = limits?.[name]
  if (request === undefined || limit === undefined) return true
  return (parseQuantity(request) ?? 0n) <= (parseQuantity(limit) ?? 0n)
}

const requestWithinLimit = (
  name: 'cpu' | 'memory',
): Rule<{ requests?: ResourceList | undefined; limits?: ResourceList | undefined }> => ({
  cel: `!has(self.requests) || !has(self.limits) || !has(self.requests.${name}) || !has(self.limits.${name}) || !isQuantity(string(self.requests.${name})) || !isQuantity(string(self.limits.${name})) || quantity(string(self.requests.${name})).compareTo(quantity(string(self.limits.${name}))) <= 0`,
  message: `resources.requests.${name} must not exceed resources.limits.${name}`,
  holds: ({ requests, limits }) => fits(requests, limits, name),
})

const resources = withRules(
  z
    .strictObject({
      requests: resourceList()
        .optional()
        .describe('What the scheduler reserves. Default: the limits, or 500m and 512Mi.'),
      limits: resourceList()
        .optional()
        .describe('What the container may use at most. Default: the requests, so that the pod is Guaranteed.'),
    })
    .describe('CPU and memory of the PostgreSQL container. Memory settings follow from the memory limit.'),
  [requestWithinLimit('cpu'), requestWithinLimit('memory')],
)

const ownedNames = Object.keys(OWNED_PARAMETERS)
const parameters = withRules(
  z
    .record(z.string(), z.string().max(4096))
    .meta({ maxProperties: 256 })
    .describe('Settings of postgresql.conf, each value as text: `max_connections: "200"`. They override the defaults.'),
  [
    {
      cel: `self.all(name, name.matches(${celString(PARAMETER_NAME_PATTERN)}))`,
      message: 'parameters must be names of PostgreSQL settings, for example max_connections',
      holds: (value) => Object.keys(value).every((name) => new RegExp(PARAMETER_NAME_PATTERN).test(name)),
    },
    {
      cel: `self.all(name, !(name in [${ownedNames.map(celString).join(', ')}]))`,
      message: `parameters must not name a setting that the manifests own: ${ownedNames.join(', ')}`,
      holds: (value) => Object.keys(value).every((name) => !(name in OWNED_PARAMETERS)),
    },
    {
      cel: "self.all(name, !self[name].contains('\\n') && !self[name].contains('\\r'))",
      message: 'parameters must have values of one line',
      holds: (value) => Object.values(value).every((text) => !/[\n\r]/.test(text)),
    },
  ],
)

const dnsLabel = (meaning: string): z.ZodString => z.string().min(1).max(253).describe(meaning)

const credentials = z
  .strictObject({
    existingSecret: z
      .strictObject({
        name: dnsLabel('Name of a Secret in the same namespace.'),
        passwordKey: z.string().min(1).max(253).optional().describe('Key of the password in it. Default: `password`.'),
      })
      .describe(
        'A Secret that somebody else keeps (External Secrets, Sealed Secrets, by hand). It must exist before the database starts.',
      ),
  })
  .describe(
    'Where the password of the application role comes from. Default: generated once, in the cluster, never in Git.',
  )

const labelSelector = (meaning: string): z.ZodObject<{ matchLabels: z.ZodRecord<z.ZodString, z.ZodString> }> =>
  z
    .strictObject({
      matchLabels: z.record(z.string(), z.string().max(63)).describe('All of these labels must be there.'),
    })
    .describe(meaning)

const peer = withRules(
  z.strictObject({
    namespaceSelector: labelSelector('Namespaces by their labels. Default: the namespace of the Database.').optional(),
    podSelector: labelSelector('Pods by their labels. Default: all pods of those namespaces.').optional(),
  }),
  [
    {
      cel: 'has(self.namespaceSelector) || has(self.podSelector)',
      message: 'network.allowFrom must name pods or namespaces: an empty entry would admit everybody',
      holds: (value) => value.namespaceSelector !== undefined || value.podSelector !== undefined,
    },
  ],
)

const network = z
  .strictObject({
    allowFrom: z
      .array(peer)
      .max(64)
      .optional()
      .describe(
        'Who may connect, besides pods of the same namespace that carry the label `database.example.com/client-of: <name>`.',
      ),
  })
  .describe('Who may connect. Everybody else is kept out by a NetworkPolicy.')

interface Dependency {
  object?: { apiVersion: string; kind: string; name: string; condition?: string | undefined } | undefined
  address?: string | undefined
}

const dependency = withRules(
  z.strictObject({
    object: z
      .strictObject({
        apiVersion: z.string().min(1).max(253).describe('For example `v1` or `cert-manager.io/v1`.'),
        kind: z.string().min(1).max(63).describe('For example `ConfigMap`.'),
        name: dnsLabel('Name of the object, in the namespace of the Database (or cluster-scoped).'),
        condition: z
          .string()
          .min(1)
          .max(63)
          .optional()
          .describe('A condition of the object that must be `True`. Default: existing is enough.'),
      })
      .optional()
      .describe('An object that must exist.'),
    address: withRules(z.string().min(3).max(259).describe('`host:port` that must accept a TCP connection.'), [
      matches(
        '^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:.]+\\]):[0-9]{1,5}$',
        'dependencies.address must be host:port, for example vault.shop.svc:8200',
      ),
      {
        cel: "!self.matches('^(localhost|.*[.]localhost|127[.][0-9.]*|0[.]0[.]0[.]0|169[.]254[.][0-9.]*|\\\\[::1?\\\\]|\\\\[fe80:.*\\\\]|\\\\[::ffff:.*\\\\]|metadata[.]google[.]internal):[0-9]+$')",
        message: 'dependencies.address must not be a loopback, link-local or metadata address',
        holds: (value) =>
          !/^(localhost|.*[.]localhost|127[.][0-9.]*|0[.]0[.]0[.]0|169[.]254[.][0-9.]*|\[::1?\]|\[fe80:.*\]|\[::ffff:.*\]|metadata[.]google[.]internal):[0-9]+$/.test(
            value,
          ),
      },
    ]).optional(),
  }),
  [
    {
      cel: 'has(self.object) != has(self.address)',
      message: 'dependencies must each have either an object or an address',
      holds: (value: Dependency) => (value.object === undefined) !== (value.address === undefined),
    },
  ],
)

interface SpecShape {
  image: string
  postgresVersion?: string | undefined
}

/** Schema of `spec`: the one source of the types, the CRD, the validation on the client and the reference page. */
export const databaseSpecSchema = withRules(
  z
    .strictObject({
      image,
      postgresVersion: z
        .enum(POSTGRES_MAJORS)
        .optional()
        .describe(
          'PostgreSQL major of the image. Needed only where the tag does not tell (a digest, a tag of your own).',
        ),
      replicas: z
        .int32()
        .min(1, 'replicas must be 1: a database has at least one instance')
        .max(1, 'replicas must be 1: standbys are not supported by this version')
        .default(1)
        .describe('Instances. This version runs one: the primary.'),
      databaseName: identifier('databaseName', 'Database to create. Owned by `username`. Cannot be changed.', [
        'postgres',
        'template0',
        'template1',
      ]),
      username: identifier(
        'username',
        'Application role to create: it may log in and owns the database; it is not a superuser. Cannot be changed.',
        ['postgres', 'public', 'none'],
      ),
      storage,
      resources: resources.optional(),
      parameters: parameters.optional(),
      credentials: credentials.optional(),
      network: network.optional(),
      dependencies: z
        .array(dependency)
        .max(16)
        .optional()
        .describe('What must exist or answer before anything is provisioned. Checked again every 30 seconds.'),
      deletionPolicy: z
        .enum(['Retain', 'Delete'])
        .default('Retain')
        .describe('What happens to volumes and credentials when the Database is deleted. `Delete` cannot be undone.'),
      paused: z
        .boolean()
        .optional()
        .describe('Leave everything as it is: nothing is applied or healed until this is removed.'),
    })
    .describe('The database that is wanted.'),
  [
    {
      cel: `has(self.postgresVersion) || self.image.matches(${celString(NUMBER_TAG_PATTERN)})`,
      message: `image does not tell the PostgreSQL major: set postgresVersion to one of ${POSTGRES_MAJORS.join(', ')}`,
      holds: (value: SpecShape) => value.postgresVersion !== undefined || majorOfTag(value.image) !== undefined,
    },
    {
      cel: `!self.image.matches(${celString(NUMBER_TAG_PATTERN)}) || self.image.matches(${celString(MAJOR_TAG_PATTERN)}) || has(self.postgresVersion)`,
      message: `image is of a PostgreSQL major that is not supported: use one of ${POSTGRES_MAJORS.join(', ')}`,
      holds: (value: SpecShape) => {
        const major = majorOfTag(value.image)
        return (
          major === undefined ||
          value.postgresVersion !== undefined ||
          POSTGRES_MAJORS.includes(major as (typeof POSTGRES_MAJORS)[number])
        )
      },
    },
    {
      cel: `!has(self.postgresVersion) || !self.image.matches(${celString(NUMBER_TAG_PATTERN)}) || self.image.matches(':' + self.postgresVersion + '([.-][A-Za-z0-9._-]*)?(@.*)?$')`,
      message: 'postgresVersion contradicts the tag of image: they must name the same major',
      holds: (value: SpecShape) => {
        const major = majorOfTag(value.image)
        return value.postgresVersion === undefined || major === undefined || major === value.postgresVersion
      },
    },
  ],
)

/** `spec` of a Database as it is after defaults. */
export type DatabaseSpec = z.output<typeof databaseSpecSchema>

/** `spec` of a Database as people write it: what has a default may be left out. */
export type DatabaseSpecInput = z.input<typeof databaseSpecSchema>
