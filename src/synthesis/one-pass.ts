import { ApiObject, App, Chart, DependencyVertex, Yaml } from 'cdk8s'
import { findRouteOnce, inOrder, topologyOnce } from './dependency-order.ts'
import type { FindRoute } from './dependency-order.ts'
import { hasOwnResolversOnly, toJsonOnce } from './object-json.ts'
import { ObjectNames } from './object-names.ts'
import type { Collision } from './object-names.ts'
import { withReplacements } from './replacements.ts'
import { watchTree } from './tree-watch.ts'
import { writeYaml } from './yaml-writer.ts'

/** What cdk8s hides from its declarations. */
const hidden = {
  app: App as unknown as { readonly _synthChart: (chart: Chart) => unknown[] },
  vertex: DependencyVertex.prototype as unknown as { readonly findRoute: FindRoute },
} as const

/** How an app is synthesised. */
export interface OnePassOptions {
  /** Whether keys are to be left in their order: `CDK8S_DISABLE_SORT`. */
  readonly keepsKeyOrder: boolean
}

/**
 * Synthesises an app as cdk8s does, file by file and byte by byte, without doing anything twice: cdk8s validates the
 * whole app and resolves all dependencies for every chart again, walks every path of a dependency graph, and builds a
 * syntax tree of every object.
 *
 * cdk8s's own method stays in charge: names and numbers of files, kinds of output, validation and metadata are its
 * business. Only while it runs, the methods below it that cost too much are replaced.
 *
 * @param synthesis cdk8s's `synth` or `synthYaml` of the app
 * @returns objects and files that two constructs make
 * @throws whatever the synthesis throws
 */
export function inOnePass(app: App, synthesis: () => unknown, options: OnePassOptions): readonly Collision[] {
  const names = new ObjectNames()
  const tree = watchTree(app)
  // Methods of cdk8s as they are now: they get their `this` when they are called.
  /* oxlint-disable typescript/unbound-method */
  const { _synthChart: synthChart } = hidden.app
  const { save, stringify } = Yaml
  const { toJson } = ApiObject.prototype
  const { findRoute } = hidden.vertex
  /* oxlint-enable typescript/unbound-method */
  const makeJson = hasOwnResolversOnly(app) && !options.keepsKeyOrder ? toJsonOnce(toJson) : toJson
  withReplacements(
    [
      {
        owner: App,
        name: '_synthChart',
        method(chart: Chart): unknown[] {
          // Whoever changes the app while it is synthesised sees all of it validated and resolved again, as in cdk8s.
          if (chart.node.root !== app || tree.isChanged) return synthChart.call(App, chart)
          tree.expectNoDependencies()
          return objectsOf(chart).map((object): unknown => object.toJson())
        },
      },
      {
        owner: Yaml,
        name: 'stringify',
        method: (...documents: readonly unknown[]): string =>
          documents.map((document) => writeYaml(document) ?? stringify.call(Yaml, document)).join('---\n'),
      },
      {
        owner: Yaml,
        name: 'save',
        method(file: string, documents: readonly unknown[]): void {
          names.addFile(file, documents)
          save.call(Yaml, file, [...documents])
        },
      },
      {
        owner: ApiObject.prototype,
        name: 'toJson',
        method(this: ApiObject): unknown {
          const json: unknown = makeJson.call(this)
          if (this.node.root === app) names.add(this, json)
          return json
        },
      },
      { owner: App.prototype, name: 'charts', getter: chartsInOrder },
      { owner: DependencyVertex.prototype, name: 'findRoute', method: findRouteOnce(findRoute) },
      { owner: DependencyVertex.prototype, name: 'topology', method: topologyOnce },
      ...tree.replacements,
    ],
    synthesis,
  )
  return names.collisions
}

/** The charts of an app, dependencies first. */
function chartsInOrder(this: App): Chart[] {
  return inOrder(this).filter((construct): construct is Chart => construct instanceof Chart)
}

/** The objects of a chart, dependencies first; those of a chart inside it belong to that one. */
function objectsOf(chart: Chart): ApiObject[] {
  return inOrder(chart).filter(
    (construct): construct is ApiObject => construct instanceof ApiObject && Chart.of(construct) === chart,
  )
}
