import * as z from 'zod'
import { POSTGRES_MAJORS } from './image-reference.ts'

/** Phases, in the order of a first walk, then those beside it. A phase is computed and shown; nothing obeys it. */
export const PHASES = [
  'Pending',
  'Provisioning',
  'Configuring',
  'Deploying',
  'Verifying',
  'Ready',
  'Updating',
  'Failed',
  'Deleting',
] as const

/** One of them. */
export type Phase = (typeof PHASES)[number]

/**
 * Condition types. `Ready`, `Progressing`, `Available` and `Degraded` are for people; `Reconciling` and `Stalled` are
 * kstatus' pair (present only while true); `BackupHealthy` is there where backups are wanted; `Failed` mirrors the phase for readers of the classic state machine.
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export const CONDITION_TYPES = [
  'Ready',
  'Progressing',
  'Available',
  'Degraded',
  'Reconciling',
  'Stalled',
  'Failed',
  'BackupHealthy',
] as const

/** One of them. */
export type ConditionType = (typeof CONDITION_TYPES)[number]

const conditionSchema = z.strictObject({
  type: z.string().min(1).max(63).describe('What is judged.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('The judgement.'),
  observedGeneration: z.int().optional().describe('`metadata.generation` that was judged.'),
  lastTransitionTime: z.iso.datetime().describe('When `status` changed last.'),
  reason: z.string().min(1).max(1024).describe('The cause, as one CamelCase word for programs.'),
  message: z.string().max(32_768).describe('The cause, for people. Never a secret.'),
})

/** A condition as it stands in `status.conditions`. */
export type Condition = z.output<typeof conditionSchema>

/** Schema of `status`. */
export const databaseStatusSchema = z
  .strictObject({
    phase: z.enum(PHASES).optional().describe('Where the database is on its way. Computed from what is observed.'),
    ready: z
      .boolean()
      .optional()
      .describe('Whether a login with the stored credentials succeeded and nothing is left to do.'),
    endpoint: z.string().max(512).optional().describe('Host and port of the primary inside the cluster.'),
    secretName: z.string().max(253).optional().describe('Secret with the credentials of the application role.'),
    replicas: z.int32().optional().describe('Pods that exist.'),
    readyReplicas: z.int32().optional().describe('Pods that are ready.'),
    selector: z.string().max(1024).optional().describe('Label selector of the pods, for the scale subresource.'),
    postgresVersion: z
      .string()
      .max(32)
      .optional()
      .describe(`Version that answered the verification (majors ${POSTGRES_MAJORS.join(', ')}).`),
    verifiedSubject: z
      .string()
      .max(4096)
      .optional()
      .describe(
        'What the last login that succeeded was about: spec, password, certificate and server processes. While these stay, Ready needs no other one.',
      ),
    certificateExpires: z.iso
      .datetime()
      .optional()
      .describe('When the certificate ends that the server presented to the last login. Absent without TLS.'),
    observedGeneration: z.int().optional().describe('`metadata.generation` that this status is about.'),
    lastSuccessfulBackup: z.iso
      .datetime()
      .optional()
      .describe('When the newest dump was complete. Written when somebody looks: by the controller, or by `apply`.'),
    lastVolumeSnapshot: z.iso
      .datetime()
      .optional()
      .describe('When the newest usable snapshot of the volume was taken.'),
    retries: z.int32().optional().describe('Failed attempts since the last success or new generation.'),
    nextRetryTime: z.iso.datetime().optional().describe('When the next attempt is due.'),
    conditions: z
      .array(conditionSchema)
      .max(16)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .describe('Judgements, one per type.'),
  })
  .describe('What is observed. Written by the applier or the controller, never by hand.')

/** `status` of a Database. */
export type DatabaseStatus = z.output<typeof databaseStatusSchema>
