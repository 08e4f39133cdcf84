import { DependencyGraph } from 'cdk8s'
import type { DependencyVertex } from 'cdk8s'
import type { IConstruct } from 'constructs'

/**
 * A vertex's constructs, dependencies first. cdk8s walks every path through the graph, of which there are exponentially
 * many; the first visit of a vertex is the only one that adds anything.
 */
export function topologyOnce(this: DependencyVertex): IConstruct[] {
  const found = new Set<DependencyVertex>()
  const constructs: IConstruct[] = []
  const visit = (vertex: DependencyVertex): void => {
    if (found.has(vertex)) return
    for (const dependency of vertex.outbound) visit(dependency)
    found.add(vertex)
    if (vertex.value) constructs.push(vertex.value)
  }
  visit(this)
  return constructs
}

/**
 * The constructs of a tree, dependencies first: in the order of the tree where none depends on another, without a graph.
 */
export function inOrder(root: IConstruct): IConstruct[] {
  const constructs = root.node.findAll()
  const isOrderOfTree = constructs.every(
    // cdk8s keeps constructs by path in an object, which puts numbers first.
    ({ node }) => node.dependencies.length === 0 && !/^\d+$/.test(node.path),
  )
  return isOrderOfTree ? constructs : new DependencyGraph(root.node).topology()
}

/** A vertex's way to another one; empty where there is none. */
export type FindRoute = (this: DependencyVertex, destination: DependencyVertex) => DependencyVertex[]

/**
 * The route by which a new edge would close a cycle. It is asked for with every edge, and cdk8s walks every path for it;
 * where there is a route, cdk8s tells which.
 */
export function findRouteOnce(original: FindRoute): FindRoute {
  return function findRoute(destination) {
    const isPossible = this.outbound.length > 0 && destination.inbound.length > 0
    return isPossible && reaches(this, destination) ? original.call(this, destination) : []
  }
}

function reaches(from: DependencyVertex, to: DependencyVertex): boolean {
  const seen = new Set([from])
  for (const vertex of seen) {
    if (vertex === to) return true
    for (const dependency of vertex.outbound) seen.add(dependency)
  }
  return false
}
