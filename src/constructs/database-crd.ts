import { ApiObject, Chart } from 'cdk8s'
import type { Construct } from 'constructs'
import { databaseCrd } from '../api/crd.ts'

const ID = 'database-crd'

/** Marks our chart. `instanceof` cannot tell: cdk8s makes every chart an instance of every chart class. */
const BRAND = Symbol.for('cdk8s-database.DatabaseCrd')

/**
 * The CustomResourceDefinition of Database, in a chart (and so a file) of its own and without a namespace: it is
 * cluster-scoped, and a second copy in the same output would be refused by Argo CD and Flux.
 */
export class DatabaseCrd extends Chart {
  readonly [BRAND] = true
  /** The definition. */
  readonly definition: ApiObject

  /** @param scope the app; the chart's file is named after `id` */
  constructor(scope: Construct, id: string = ID) {
    super(scope, id, { disableResourceNameHashes: true })
    const { metadata, spec, apiVersion, kind } = databaseCrd()
    this.definition = new ApiObject(this, 'Definition', {
      apiVersion,
      kind,
      metadata: { name: metadata.name, annotations: { ...metadata.annotations }, labels: { ...metadata.labels } },
      spec,
    })
  }

  /** The app's definition, made when there is none. */
  static ensure(scope: Construct): DatabaseCrd {
    const root = scope.node.root
    const existing = root.node.findAll().find((construct): construct is DatabaseCrd => BRAND in construct)
    return existing ?? new DatabaseCrd(root)
  }
}
