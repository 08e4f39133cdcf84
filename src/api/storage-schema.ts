import * as z from 'zod'
import { amountRules } from './amount-rules.ts'
import { celString, matches, objectName } from './pattern-rule.ts'
import { parseQuantity } from './quantity.ts'
import { withRules } from './rule.ts'
import type { TransitionRule } from './rule.ts'

const size = withRules(
  z.string().min(1).max(32).describe('Size of the volume, as a Kubernetes quantity. It can grow, never shrink.'),
  amountRules('storage.size', { minimum: '256Mi', maximum: '1Pi', example: '10Gi' }),
  [
    {
      cel: '!isQuantity(self) || !isQuantity(oldSelf) || quantity(self).compareTo(quantity(oldSelf)) >= 0',
      message: 'storage.size cannot shrink: a volume can only grow',
      holds: (value, old) => (parseQuantity(value) ?? 0n) >= (parseQuantity(old) ?? 0n),
    },
  ],
)

/** How the data lies on a volume that was there before its Database. */
export const STORAGE_LAYOUTS = ['legacy'] as const

/** @see STORAGE_LAYOUTS */
export type StorageLayout = (typeof STORAGE_LAYOUTS)[number]

interface Storage {
  size: string
  storageClassName?: string | undefined
  layout?: StorageLayout | undefined
  claimTemplate?: string | undefined
}

/** Volumes of the pod that a claim template of the same name would hide. */
const TAKEN_NAMES = [
  'certificate',
  'configuration',
  'credentials',
  'replication',
  'shared-memory',
  'sockets',
  'temporary',
]

function kept(field: Exclude<keyof Storage, 'size'>, because: string): TransitionRule<Storage> {
  return {
    cel: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
    message: `storage.${field} cannot be changed: ${because}`,
    holds: (value, old) => value[field] === old[field],
  }
}

const claimTemplate = withRules(
  z
    .string()
    .min(1)
    .max(63)
    .describe(
      'Name of the claim template, where that of a StatefulSet that is taken over is another one. Needs `layout`. Default: `data`. Cannot be changed.',
    ),
  [
    matches(
      '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      'storage.claimTemplate must be the name of a claim template: lower-case letters, digits and dashes, for example postgres-data',
    ),
  ],
)

/** Schema of `spec.storage`. */
export const storageSchema = withRules(
  z
    .strictObject({
      size,
      storageClassName: objectName(
        'storage.storageClassName',
        'StorageClass',
        "StorageClass of the volume. Default: the cluster's default class. Cannot be changed.",
      ).optional(),
      layout: z
        .enum(STORAGE_LAYOUTS)
        .optional()
        .describe(
          '`legacy`: the volume is laid out as hand-written StatefulSets of the official image do it, mounted at `/var/lib/postgresql/data` with the data in `pgdata`. For taking such a StatefulSet over with its data. Default: mounted at `/var/lib/postgresql`, a directory for each major. Cannot be changed.',
        ),
      claimTemplate: claimTemplate.optional(),
    })
    .describe(
      'The volume that holds the data. It is kept when the Database is deleted, unless `deletionPolicy` says otherwise.',
    ),
  [
    {
      cel: '!has(self.claimTemplate) || has(self.layout)',
      message:
        'storage.claimTemplate needs storage.layout: only a StatefulSet that is taken over has a name of its own',
      holds: (value: Storage) => value.claimTemplate === undefined || value.layout !== undefined,
    },
    {
      cel: `!has(self.claimTemplate) || !(self.claimTemplate in [${TAKEN_NAMES.map(celString).join(', ')}])`,
      message: `storage.claimTemplate must not be the name of another volume of the pod: ${TAKEN_NAMES.join(', ')}`,
      holds: (value: Storage) => !TAKEN_NAMES.includes(value.claimTemplate ?? ''),
    },
  ],
  [
    kept('storageClassName', 'a volume stays in its class'),
    kept('layout', 'the data lies where it lies'),
    kept('claimTemplate', 'the claim keeps its name'),
  ],
)
