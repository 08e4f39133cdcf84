import { ApiObject, Chart } from 'cdk8s'
import type { Construct, IConstruct } from 'constructs'
import { databaseCrd } from '../api/crd.ts'
import { installOnePass } from '../synthesis/installation.ts'

// Every app that uses a construct of ours comes by here before it is synthesised.
installOnePass(process.env)

const ID = 'database-crd'

/** Marks our chart. `instanceof` cannot tell: cdk8s makes every chart an instance of every chart class. */
const BRAND = Symbol.for('cdk8s-database.DatabaseCrd')

/** Definitions by the root of their tree: looking for one below the root takes longer with every database. */
const definitions = new WeakMap<IConstruct, DatabaseCrd>()

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
    const { root } = scope.node
    const known = definitions.get(root)
    if (known !== undefined && known.node.scope?.node.tryFindChild(known.node.id) === known) return known
    const existing = root.node.findAll().find((construct): construct is DatabaseCrd => BRAND in construct)
    const definition = existing ?? new DatabaseCrd(root)
    definitions.set(root, definition)
    return definition
  }
}
