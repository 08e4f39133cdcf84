import { App, Chart } from 'cdk8s'
import type { KubernetesObject } from '../../src/api/object.ts'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'

/** A chart with one database in namespace shop. */
export function chartOf(name: string, props: DatabaseProps): Chart {
  const chart = new Chart(new App(), 'golden', { namespace: 'shop' })
  new Database(chart, name, props)
  return chart
}

/** The manifests of one database, the Database first. */
export function manifestsOf(name: string, props: DatabaseProps): KubernetesObject[] {
  return chartOf(name, props).toJson() as KubernetesObject[]
}

/** Whether an object is for another operator (External Secrets, cert-manager), whose definitions no cluster here has. */
export function isForOthers({ apiVersion }: KubernetesObject): boolean {
  return /(^|\.)external-secrets\.io\/|^cert-manager\.io\//.test(apiVersion)
}

/** The only manifest of a kind and, where there are several, a name. */
export function manifest(manifests: readonly KubernetesObject[], kind: string, name?: string): KubernetesObject {
  const found = manifests.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  )
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`${found.length} manifests of kind ${kind}`)
  return only
}

/** What is wrong in an app, as `app.synth()` reports it: `[path] message`. */
export function issuesOf(app: App): string[] {
  return app.node.findAll().flatMap(({ node }) => node.validate().map((message) => `[${node.path}] ${message}`))
}
