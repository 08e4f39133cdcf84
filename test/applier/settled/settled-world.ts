/** Databases in a cluster in memory, and runs that find nothing to do with them, for tests of what such runs remember. */
import { formatReference } from '../../../src/api/object.ts'
import type { KubernetesObject } from '../../../src/api/object.ts'
import type { DatabaseView } from '../../../src/applier/cluster/database-view.ts'
import type { DatabaseOutcome } from '../../../src/applier/databases/outcome.ts'
import type { PlannedItem } from '../../../src/applier/planning/planned-item.ts'
import type { PlannedDatabase } from '../../../src/applier/planning/planned-set.ts'
import { buildApplySet } from '../../../src/applier/set/apply-set.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from '../../../src/applier/set/apply-set.ts'
import { stateOf } from '../../../src/applier/cluster/object-state.ts'
import { partsOf } from '../../../src/applier/settled/fingerprint.ts'
import { SettledDatabases } from '../../../src/applier/settled/settled-databases.ts'
import type { SettledOptions } from '../../../src/applier/settled/settled-databases.ts'
import type { SettledMemory, SettledRecords } from '../../../src/applier/planning/settled-record.ts'
import { expandDatabase } from '../../../src/manifests/expansion.ts'
import type { KnownDocuments } from '../../../src/manifests/document.ts'
import { readByDocuments } from '../../../src/manifests/known-documents.ts'
import { parseManifests } from '../../../src/manifests/read.ts'
import { SharedStrings } from '../../../src/manifests/shared-strings.ts'
import { FakeCluster } from '../fake-cluster.ts'

export const NAMES = ['alpha', 'beta', 'gamma'] as const

/** The manifest of one of them. @param more lines of its spec */
export const manifestOf = (name: string, more = ''): string => `apiVersion: database.example.com/v1
kind: Database
metadata: { name: ${name}, namespace: shop }
spec:
  image: postgres:16
  databaseName: orders
  username: app
  storage: { size: 1Gi }
${more}`

/** A set of databases, each with the children that its construct makes. */
export const setOf = (...manifests: readonly string[]): Promise<ApplySet> =>
  buildApplySet(parseManifests(manifests.join('---\n'), 'shop.yaml'), {
    namespace: 'shop',
    isNamespaced: () => Promise.resolve(true),
    expand: (database) => Promise.resolve(expandDatabase(database)),
  })

/** Manifests of databases with their children, as synthesis writes them. */
export const renderedManifests = async (...manifests: readonly string[]): Promise<string> => {
  const { databases } = await setOf(...manifests)
  return databases.flatMap((item) => partsOf(item).map(({ object }) => `${JSON.stringify(object)}\n`)).join('---\n')
}

/** A set read document by document. @param known documents that are not read; whoever asks for them all the same fails */
export const setByDocuments = (text: string, known: KnownDocuments = new Map()): Promise<ApplySet> => {
  const again = (): Buffer => {
    throw new Error('a known document was read')
  }
  const file = { file: 'shop.yaml', bytes: Buffer.from(text), again }
  const documents = readByDocuments(file, new SharedStrings(), known)
  if (documents === undefined) throw new Error('the manifests cannot be taken apart')
  return buildApplySet(documents, {
    namespace: 'shop',
    isNamespaced: () => Promise.resolve(true),
    expand: () => Promise.reject(new Error('the children stand in the manifests')),
  })
}

/** A memory that lasts as long as its test. */
export class TestMemory implements SettledMemory {
  records: SettledRecords | undefined
  load(): SettledRecords | undefined {
    return this.records
  }
  store(records: SettledRecords): void {
    this.records = records
  }
}

/** A cluster that holds everything of a set, and a pod and a claim of each database. */
export function clusterWith({ databases }: ApplySet): FakeCluster {
  const cluster = new FakeCluster()
  cluster.version = '1000'
  for (const item of databases) {
    for (const { object, reference } of partsOf(item)) {
      cluster.add({ ...object, metadata: { ...object.metadata, namespace: reference.namespace ?? '' } })
    }
    const labels = {
      'app.kubernetes.io/name': 'postgresql',
      'app.kubernetes.io/instance': item.database.metadata.name,
    }
    const { name } = item.database.metadata
    const metadata = { namespace: 'shop', labels }
    cluster.add({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: `${name}-0` } })
    cluster.add({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...metadata, name: `data-${name}-0` } })
  }
  return cluster
}

const NOTHING_ELSE = (): undefined => undefined
export const NOW = Date.parse('2026-11-21T12:00:00Z')

/** One run: what it recalls, and what it leaves; every database that it looks at is ready with nothing to do. */
export async function run(
  cluster: FakeCluster,
  set: ApplySet,
  memory: SettledMemory,
  options: Partial<SettledOptions> & { readonly outcome?: (item: DatabaseItem) => DatabaseOutcome } = {},
): Promise<ReadonlyMap<DatabaseItem, PlannedDatabase>> {
  const settled = new SettledDatabases(memory, { verified: true, now: () => NOW, ...options })
  const recalled = await settled.recall(cluster, set, NOTHING_ELSE)
  const databases = set.databases.map((item) => recalled.get(item) ?? judged(cluster, item))
  settled.note({ others: [], databases }, viewOf(cluster))
  for (const { item } of databases) settled.keep(item, options.outcome?.(item) ?? ready(item))
  settled.store(set)
  return recalled
}

export const ready = (_item: DatabaseItem, verification: 'earlier' | 'none' = 'earlier'): DatabaseOutcome => ({
  type: 'ready',
  status: { phase: 'Ready', ready: true, endpoint: 'here:5432', secretName: 'secret' },
  verification,
})

function judged(cluster: FakeCluster, item: DatabaseItem): PlannedDatabase {
  const live = (part: ApplyItem): KubernetesObject | undefined => cluster.objects.get(formatReference(part.reference))
  const planned = (part: ApplyItem): PlannedItem => ({
    item: part,
    body: part.object,
    live: live(part),
    verdict: live(part) === undefined ? 'create' : 'unchanged',
    proof: 'certificate',
    differences: [],
  })
  const secret = item.credentials && live(item.credentials)
  const secretState = secret && stateOf(secret)
  return {
    item,
    resource: planned(item.resource),
    children: item.children.map(planned),
    claims: [],
    surplus: [],
    credentials: 'keep',
    ...(secretState === undefined ? {} : { secretState }),
  }
}

function viewOf(cluster: FakeCluster): DatabaseView {
  const ofKind = (kind: string, key: string): KubernetesObject[] =>
    [...cluster.objects.values()].filter(
      (object) =>
        object.kind === kind &&
        `${object.metadata.namespace}/${object.metadata.labels?.['app.kubernetes.io/instance']}` === key,
    )
  return {
    objectsOf: (key) => ({
      database: undefined,
      statefulSet: undefined,
      standbyStatefulSet: undefined,
      pods: ofKind('Pod', key),
      claims: ofKind('PersistentVolumeClaim', key),
      cronJob: undefined,
      jobs: [],
    }),
    keeps: () => true,
    warningsOf: () => Promise.resolve([]),
    store: () => undefined,
    learn: () => undefined,
    forget: () => undefined,
  }
}
