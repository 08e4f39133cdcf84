import * as z from 'zod'
import {
  IMAGE_PATTERN,
  LATEST_PATTERN,
  MAJOR_TAG_PATTERN,
  majorOfTag,
  NUMBER_TAG_PATTERN,
  POSTGRES_MAJORS,
} from './image-reference.ts'
import { backupSchema } from './backup-schema.ts'
import { dependencySchema } from './dependency-schema.ts'
import { isHandedOver } from './handed-over.ts'
import { handedOverSchema } from './handed-over-schema.ts'
import type { HandedOverField } from './handed-over.ts'
import { monitoringSchema } from './monitoring-schema.ts'
import { networkSchema } from './network-schema.ts'
import { celString, matches, objectName } from './pattern-rule.ts'
import { placementSchema } from './placement-schema.ts'
import { resourcesSchema } from './resources-schema.ts'
import { MAXIMUM_REPLICAS, REPLICATION_ROLE } from './replication.ts'
import { OWNED_PARAMETERS, PARAMETER_NAME_PATTERN } from './parameters.ts'
import { REPLICATION_RULES } from './replication-rules.ts'
import { withRules } from './rule.ts'
import { STANDBY_RULES } from './standby-rules.ts'
import type { TransitionRule } from './rule.ts'
import { storageSchema } from './storage-schema.ts'
import { tlsSchema } from './tls-schema.ts'

const immutable = (field: string): TransitionRule<unknown> => ({
  cel: 'self == oldSelf',
  message: `${field} cannot be changed: the data on the volume was created with it`,
  holds: (value, old) => value === old,
})

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

/** A line break would begin another setting, a NUL would end the file. A tab is harmless. */
const CONTROL_CHARACTER = '[\\x00-\\x08\\x0a-\\x1f\\x7f]'

const ownedNames = Object.keys(OWNED_PARAMETERS)
const ownedAmong = (parameters: object): string[] =>
  Object.keys(parameters).filter((name) => Object.hasOwn(OWNED_PARAMETERS, name))

const parameters = withRules(
  z
    .record(z.string(), z.string().max(4096))
    .meta({ maxProperties: 256 })
    .describe(
      'Settings of postgresql.conf, each value as text: `max_connections: "200"`. They override the defaults. A running server takes most of them over; the plan says which ones restart it.',
    ),
  [
    {
      cel: `self.all(name, name.matches(${celString(PARAMETER_NAME_PATTERN)}))`,
      message: 'parameters must be names of PostgreSQL settings, for example max_connections',
      holds: (value) => Object.keys(value).every((name) => new RegExp(PARAMETER_NAME_PATTERN).test(name)),
    },
    {
      cel: `self.all(name, !(name in [${ownedNames.map(celString).join(', ')}]))`,
      message: `parameters must not name a setting that the manifests own: ${ownedNames.join(', ')}`,
      holds: (value) => ownedAmong(value).length === 0,
      detail: (value) =>
        ownedAmong(value)
          .map((name) => `remove ${name}, because ${OWNED_PARAMETERS[name]}`)
          .join('; '),
    },
    {
      cel: `self.all(name, !self[name].matches(${celString(CONTROL_CHARACTER)}))`,
      message: 'parameters must have values of one line',
      holds: (value) => Object.values(value).every((text) => !new RegExp(CONTROL_CHARACTER).test(text)),
    },
  ],
)

const credentials = z
  .strictObject({
    existingSecret: z
      .strictObject({
        name: objectName('credentials.existingSecret.name', 'Secret', 'Name of a Secret in the same namespace.'),
        passwordKey: z.string().min(1).max(253).optional().describe('Key of the password in it. Default: `password`.'),
      })
      .describe(
        'A Secret that somebody else keeps (External Secrets, Sealed Secrets, by hand). It must exist before the database starts.',
      ),
  })
  .describe(
    'Where the password of the application role comes from. Default: generated once, in the cluster, never in Git.',
  )

interface SpecShape {
  image: string
  postgresVersion?: string | undefined
  network?: { allowFrom?: unknown } | undefined
  handedOver?: HandedOverField[] | undefined
  replicas?: number | undefined
  storage?: { layout?: unknown } | undefined
  parameters?: Record<string, string> | undefined
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
        .min(1, 'replicas must be at least 1: the primary')
        .max(
          MAXIMUM_REPLICAS,
          `replicas must be at most ${MAXIMUM_REPLICAS}: one primary and ${MAXIMUM_REPLICAS - 1} standbys`,
        )
        .default(1)
        .describe(
          'Instances: one primary, the others are standbys that stream from it and take readers. There is no automatic failover.',
        ),
      databaseName: identifier('databaseName', 'Database to create. Owned by `username`. Cannot be changed.', [
        'postgres',
        'template0',
        'template1',
      ]),
      username: identifier(
        'username',
        'Application role to create: it may log in and owns the database; it is not a superuser. Cannot be changed.',
        ['postgres', 'public', 'none', REPLICATION_ROLE],
      ),
      storage: storageSchema,
      resources: resourcesSchema.optional(),
      placement: placementSchema.optional(),
      parameters: parameters.optional(),
      credentials: credentials.optional(),
      tls: tlsSchema.optional(),
      network: networkSchema.optional(),
      backup: backupSchema.optional(),
      monitoring: monitoringSchema.optional(),
      dependencies: z
        .array(dependencySchema)
        .max(16)
        .optional()
        .describe('What must exist or answer before anything is provisioned. Checked again every 30 seconds.'),
      handedOver: handedOverSchema.optional(),
      deletionPolicy: z
        .enum(['Retain', 'Delete'])
        .default('Retain')
        .describe('What happens to volumes and credentials when the Database is deleted. `Delete` cannot be undone.'),
      deletionProtection: z
        .boolean()
        .optional()
        .describe(
          'Refuse to delete the Database, its volumes and its generated Secret until this is false. The policy that comes with the controller makes the API server refuse, whoever asks.',
        ),
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
    {
      cel: "!has(self.handedOver) || !('networkPolicy.ingress' in self.handedOver) || !has(self.network) || !has(self.network.allowFrom)",
      message: 'network.allowFrom must be left out where networkPolicy.ingress is handed over: nobody would act on it',
      holds: (value: SpecShape) =>
        !isHandedOver(value, 'networkPolicy.ingress') || value.network?.allowFrom === undefined,
    },
    ...STANDBY_RULES,
    ...REPLICATION_RULES,
  ],
)

/** `spec` of a Database as it is after defaults. */
export type DatabaseSpec = z.output<typeof databaseSpecSchema>

/** `spec` of a Database as people write it: what has a default may be left out. */
export type DatabaseSpecInput = z.input<typeof databaseSpecSchema>
