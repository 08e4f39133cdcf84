/** The files that gitops/ ships, and what they must hold. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { GROUP, KIND } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { ROOT } from '../docs/pages.ts'
import type { HealthVerdict } from './health-script.ts'

const HEALTH = join(ROOT, 'gitops', 'argocd', 'resource_customizations', GROUP, KIND)

/** A test in the form of Argo CD's own repository. */
interface HealthTest {
  readonly healthStatus: { readonly status: string; readonly message: string }
  readonly inputPath: string
}

/** The script. */
export const healthScript = (): string => readFileSync(join(HEALTH, 'health.lua'), 'utf8')

/** Names of the objects in testdata/, without their ending. */
export const namesOfTestdata = (): string[] =>
  readdirSync(join(HEALTH, 'testdata')).map((file) => file.replace(/\.yaml$/, ''))

/** An object of testdata/. */
export const testdata = (name: string): KubernetesObject =>
  parse(readFileSync(join(HEALTH, 'testdata', `${name}.yaml`), 'utf8')) as KubernetesObject

/** The tests of health_test.yaml. */
export const healthTests = (): readonly HealthTest[] =>
  (parse(readFileSync(join(HEALTH, 'health_test.yaml'), 'utf8')) as { tests: HealthTest[] }).tests

/** The patch of the ConfigMap argocd-cm. */
export const configMapPatch = (): KubernetesObject =>
  parse(readFileSync(join(ROOT, 'gitops', 'argocd', 'argocd-cm.patch.yaml'), 'utf8')) as KubernetesObject

/** Writes everything that follows from the script and from the objects, for a person to review. */
export function writeHealthFiles(
  objects: Readonly<Record<string, KubernetesObject>>,
  verdicts: Readonly<Record<string, HealthVerdict>>,
): void {
  for (const [name, object] of Object.entries(objects)) write(join('testdata', `${name}.yaml`), text(object))
  const tests = Object.entries(verdicts).map(([name, { status, message }]) => ({
    healthStatus: { status, message },
    inputPath: `testdata/${name}.yaml`,
  }))
  write('health_test.yaml', stringify({ tests }, { lineWidth: 0 }))
  const patch = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm', namespace: 'argocd' },
    data: { [HEALTH_KEY]: healthScript() },
  }
  const head =
    '# Merge into the ConfigMap of your Argo CD: kubectl -n argocd patch cm argocd-cm --patch-file <this file>\n'
  write(join('..', '..', '..', 'argocd-cm.patch.yaml'), `${head}${stringify(patch, { lineWidth: 0 })}`)
}

/** Where Argo CD looks for the script. */
export const HEALTH_KEY = `resource.customizations.health.${GROUP}_${KIND}`

/** An object as `kubectl get -o yaml` prints it. */
const text = (object: KubernetesObject): string =>
  stringify(object, { version: '1.1', sortMapEntries: true, lineWidth: 0 })

const write = (file: string, content: string): void => writeFileSync(join(HEALTH, file), content)
