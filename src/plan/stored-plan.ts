import * as z from 'zod'
import { InputError } from '../api/input-error.ts'
import { formatReference } from '../api/object.ts'
import type { Impact } from './impact.ts'
import type { Action, PlannedChange, Proof } from './planned-change.ts'

/** Version of the document that `diff --out` writes and `apply --plan` reads. */
export const PLAN_API_VERSION = 'plan.database.example.com/v1'

/** What an apply may do beyond applying; a plan is carried out with the options that it was made with. */
export interface StoredOptions {
  /** Take over fields that other managers own. */
  readonly force: boolean
  /** Delete and create again what cannot be changed. */
  readonly recreate: boolean
  /** Take over objects that somebody else manages. */
  readonly takeOver: boolean
  /** Delete members of the apply set that the manifests no longer hold. */
  readonly prune: boolean
}

/** A plan as it stands in a file: what was reviewed, and what the cluster looked like then. Secret values are masked. */
export interface StoredPlan {
  readonly apiVersion: typeof PLAN_API_VERSION
  readonly kind: 'Plan'
  /** RFC 3339. */
  readonly createdAt: string
  /** Version of the program that made it. */
  readonly programVersion: string
  /** Context of the kubeconfig. */
  readonly context: string
  /** Address of the API server. */
  readonly server: string
  /** Namespace of objects that name none. */
  readonly namespace: string
  /** Files and directories that the manifests were read from. */
  readonly source: string
  readonly options: StoredOptions
  /** In the order of the plan, unchanged objects among them. */
  readonly changes: readonly StoredChange[]
}

/** A change without the documents that only a reader needs. */
export type StoredChange = Omit<PlannedChange, 'documents'>

/** Everything about a plan but what every plan says alike. */
export type PlanFacts = Omit<StoredPlan, 'apiVersion' | 'kind' | 'changes'> & {
  readonly changes: readonly PlannedChange[]
}

/** The text of a plan file. One line for each object, so that two plans can be compared and a large one be searched. */
export function formatStoredPlan({ changes, ...facts }: PlanFacts): string {
  const head = JSON.stringify({ apiVersion: PLAN_API_VERSION, kind: 'Plan', ...facts }, null, 2)
  const lines = changes.map((change) => {
    const { documents: _, ...stored } = change
    return `    ${JSON.stringify(stored)}`
  })
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`
  return `${head.slice(0, head.lastIndexOf('\n}'))},\n  "changes": ${list}\n}\n`
}

const AGAIN = 'make the plan again: cdk8s-database diff --out FILE'

/**
 * Reads a plan file.
 * @param file its name, for errors
 * @throws InputError where it is cut off, of another version, or no plan
 */
export function parseStoredPlan(text: string, file: string): StoredPlan {
  const value = parseJson(text, file)
  const { apiVersion, kind } = headOf(value)
  if (kind !== 'Plan' || apiVersion?.startsWith('plan.database.example.com/') !== true) {
    const found =
      kind === undefined ? 'this is not a plan' : `this is a ${kind} of ${apiVersion ?? 'no version'}, not a plan`
    throw new InputError(found, { where: file, remedy: AGAIN })
  }
  if (apiVersion !== PLAN_API_VERSION) {
    throw new InputError(`the plan is of version ${apiVersion}, this program reads ${PLAN_API_VERSION}`, {
      where: file,
      remedy: `apply it with the version that made it, or ${AGAIN}`,
    })
  }
  const parsed = SCHEMA.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue?.path.join('.') ?? ''
    throw new InputError(
      `the plan is damaged: ${path === '' ? '' : `${path}: `}${issue?.message ?? 'it cannot be read'}`,
      {
        where: file,
        remedy: AGAIN,
      },
    )
  }
  // The value itself: what a later version adds stays in it.
  const plan = value as StoredPlan
  refuseTwice(plan, file)
  return plan
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's own message quotes the text, and the text is not ours.
    const isCutOff = text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}')
    const what = text.trim() === '' ? 'the file is empty' : isCutOff ? 'the file is cut off' : 'this is not JSON'
    throw new InputError(what, { where: file, remedy: AGAIN })
  }
}

function headOf(value: unknown): { readonly apiVersion?: string | undefined; readonly kind?: string | undefined } {
  if (typeof value !== 'object' || value === null) return {}
  const { apiVersion, kind } = value as Record<string, unknown>
  return {
    apiVersion: typeof apiVersion === 'string' ? apiVersion : undefined,
    kind: typeof kind === 'string' ? kind : undefined,
  }
}

/** Which of the two was reviewed could not be told. */
function refuseTwice({ changes }: StoredPlan, file: string): void {
  const seen = new Set<string>()
  for (const { object } of changes) {
    const reference = formatReference(object)
    if (seen.has(reference))
      throw new InputError(`the plan is damaged: ${reference} stands in it twice`, { where: file, remedy: AGAIN })
    seen.add(reference)
  }
}

const text = z.string()

const OBJECT = z.object({ apiVersion: text, kind: text, namespace: text.optional(), name: text })

const OWNER = z.object({
  manager: text,
  operation: text,
  subresource: text.optional(),
  time: text.optional(),
})

/** Words that the compiler compares with the type, so that none is forgotten here. */
type Words<T extends string> = { readonly [word in T]: word }

const IMPACT = z.enum({
  none: 'none',
  reload: 'reload',
  'resize-online': 'resize-online',
  restart: 'restart',
  irreversible: 'irreversible',
  refused: 'refused',
} satisfies Words<Impact>)

const ACTION = z.enum({
  create: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
  unchanged: 'unchanged',
  keep: 'keep',
  conflict: 'conflict',
  refused: 'refused',
  foreign: 'foreign',
} satisfies Words<Action>)

const PROOF = z.enum({
  certificate: 'certificate',
  remembered: 'remembered',
  'dry-run': 'dry-run',
  sample: 'sample',
  schema: 'schema',
  none: 'none',
  observation: 'observation',
} satisfies Words<Proof>)

const CHANGE = z.looseObject({
  object: OBJECT,
  action: ACTION,
  proof: PROOF,
  source: text.optional(),
  differences: z.array(
    z.looseObject({
      path: text,
      before: z.unknown().optional(),
      after: z.unknown().optional(),
      owners: z.array(OWNER),
      impact: IMPACT.optional(),
    }),
  ),
  impact: IMPACT.optional(),
  note: text.optional(),
  conflicts: z
    .array(
      z.looseObject({
        path: text,
        ours: z.unknown().optional(),
        live: z.unknown().optional(),
        owners: z.array(OWNER),
      }),
    )
    .optional(),
  uid: text.optional(),
  resourceVersion: text.optional(),
  intent: text.optional(),
  content: text.optional(),
})

const SCHEMA = z.object({
  apiVersion: z.literal(PLAN_API_VERSION),
  kind: z.literal('Plan'),
  createdAt: z.iso.datetime(),
  programVersion: text,
  context: text,
  server: text,
  namespace: text,
  source: text,
  options: z.object({ force: z.boolean(), recreate: z.boolean(), takeOver: z.boolean(), prune: z.boolean() }),
  changes: z.array(CHANGE),
})
