import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiObject, App, Chart, JsonPatch, Lazy, Size, YamlOutputType } from 'cdk8s'
import type { AppProps, IResolver, ResolutionContext } from 'cdk8s'
import { Deployment, k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Database } from '../../src/constructs/database.ts'
import { readOutput } from '../../src/manifests/output-directory.ts'
import type { Collision } from '../../src/synthesis/object-names.ts'
import { inOnePass } from '../../src/synthesis/one-pass.ts'
import { isSameInOnePass } from '../../src/synthesis/probe.ts'
import { jsonValue } from '../manifests/yaml-texts.ts'

/** Puts constructs into an app. */
type Fill = (app: App) => void

const SORTED = { keepsKeyOrder: false } as const

interface Outcome {
  /** Files by name; empty where the app was refused. */
  readonly files: Readonly<Record<string, string>>
  readonly error: string | undefined
  readonly collisions: readonly Collision[]
}

/** Synthesises an app into a directory of its own, and says what came of it. */
function outcomeOf(fill: Fill, props: AppProps, synthesis: (app: App) => readonly Collision[]): Outcome {
  const outdir = mkdtempSync(join(tmpdir(), 'one-pass-'))
  try {
    const app = new App({ ...props, outdir })
    fill(app)
    const collisions = synthesis(app)
    return { files: Object.fromEntries(readOutput(outdir)), error: undefined, collisions }
  } catch (error) {
    return { files: {}, error: String(error), collisions: [] }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

const byCdk8s = (fill: Fill, props: AppProps = {}): Outcome =>
  outcomeOf(fill, props, (app) => {
    app.synth()
    return []
  })

const once = (fill: Fill, props: AppProps = {}): Outcome =>
  outcomeOf(fill, props, (app) => inOnePass(app, () => app.synth(), SORTED))

/** Both ways give the same files, or the same error. @returns what they give */
function expectSame(fill: Fill, props: AppProps = {}): Outcome {
  const expected = byCdk8s(fill, props)
  const actual = once(fill, props)
  expect(actual.error).toBe(expected.error)
  expect(Object.keys(actual.files)).toEqual(Object.keys(expected.files))
  for (const [name, text] of Object.entries(expected.files)) expect(actual.files[name], name).toBe(text)
  return actual
}

const orders = { image: 'postgres:18.4-trixie', databaseName: 'orders', username: 'orders_app' } as const

/** Charts of one database each. */
function databases(app: App, count: number): Database[] {
  return Array.from({ length: count }, (_, index) => {
    const chart = new Chart(app, `orders-${index}`, { namespace: `team-${index % 3}`, labels: { on: 'off' } })
    return new Database(chart, `orders-${index}`, { ...orders, storage: { size: Size.gibibytes(10 + index) } })
  })
}

const object = (scope: Construct, id: string, fields: Readonly<Record<string, unknown>> = {}): ApiObject =>
  new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', ...fields })

/** What cdk8s resolves, or refuses. */
const unusualValue = fc.constantFrom<unknown>(
  k8s.IntOrString.fromString('80%'),
  k8s.Quantity.fromNumber(2),
  Lazy.any({ produce: () => ({ b: [k8s.IntOrString.fromNumber(1)], a: null }) }),
  { resolve: () => 'token' },
  { resolve: 'text', value: 1 },
  { constructor: 'text', value: 1 },
  { constructor: Object },
  [undefined, null, []],
  Object.create(null),
  new Date(0),
  JSON.parse('{"__proto__": {"a": 1}, "a": 2}'),
  1n,
  Number.NaN,
)

const OUTPUT_TYPES = [
  YamlOutputType.FILE_PER_APP,
  YamlOutputType.FILE_PER_CHART,
  YamlOutputType.FILE_PER_RESOURCE,
  YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE,
] as const

describe('one pass writes what cdk8s writes', () => {
  test('for forty databases, one chart each', () => {
    const { files } = expectSame((app) => databases(app, 40))
    expect(Object.keys(files)).toHaveLength(41)
  })

  test.each(OUTPUT_TYPES)('for every kind of output (%i), with file extension and metadata of constructs', (type) => {
    const props = { yamlOutputType: type, outputFileExtension: '.yaml', recordConstructMetadata: true }
    const { files } = expectSame((app) => databases(app, 3), props)
    expect(files).toHaveProperty('construct-metadata\\.json')
  })

  test.each(OUTPUT_TYPES)('for charts that depend on each other: the same numbers (%i)', (yamlOutputType) => {
    const fill: Fill = (app) => {
      const [first, second, third] = databases(app, 4)
      first?.node.addDependency(third ?? app)
      Chart.of(second ?? app).addDependency(Chart.of(first ?? app))
      if (third !== undefined) object(Chart.of(third), 'late').addDependency(third)
    }
    const { files } = expectSame(fill, { yamlOutputType })
    if (yamlOutputType === YamlOutputType.FILE_PER_CHART) expect(Object.keys(files)).toContain('0001-orders-2.k8s.yaml')
  })

  test('for charts inside charts, and objects that depend on constructs of many objects', () => {
    expectSame((app) => {
      const outer = new Chart(app, 'outer', { namespace: 'a' })
      const inner = new Chart(outer, 'inner')
      const group = new Construct(inner, 'group')
      for (const id of ['9', '10', 'b', 'a']) object(group, id)
      object(outer, 'last').addDependency(group)
      object(outer, 'first')
    })
  })

  test('for objects of all kinds: typed ones, patched ones, lazy ones, and values that cdk8s resolves', () => {
    expectSame((app) => {
      const chart = new Chart(app, 'chart', { namespace: 'shop', labels: { team: 'a' } })
      new Deployment(chart, 'deployment', { containers: [{ image: 'nginx:1.29', portNumber: 80 }] })
      new k8s.KubeService(chart, 'service', {
        spec: { ports: [{ port: 80, targetPort: k8s.IntOrString.fromNumber(8080) }] },
      })
      object(chart, 'lazy', { data: { a: Lazy.any({ produce: () => 'late' }) } })
      object(chart, 'token', { data: { a: { resolve: () => ({ b: 1 }) } } })
      const patched = object(chart, 'patched', { data: { a: 'b', c: [1] } })
      patched.addJsonPatch(JsonPatch.add('/data/d', 'e'), JsonPatch.remove('/data/a'))
      const labelled = object(chart, 'labelled', {
        z: null,
        data: { b: undefined, a: {}, c: [] },
        metadata: { finalizers: [] },
      })
      labelled.metadata.addLabel('y', 'yes')
      labelled.metadata.add('generateName', 'x')
      object(chart, 'shared', { data: { a: { constructor: 'b', '10': 1, '9': 2 } }, list: [null, undefined, 1] })
    })
  })

  test('for apps with resolvers of their own', () => {
    const resolver: IResolver = {
      resolve(context: ResolutionContext) {
        if (context.value === 'ask') context.replaceValue('answer')
      },
    }
    const { files } = expectSame((app) => object(new Chart(app, 'chart'), 'a', { data: { b: 'ask' } }), {
      resolvers: [resolver],
    })
    expect(files['chart.k8s.yaml']).toContain('b: answer')
  })

  test('for apps that are not valid: the same words', () => {
    const { error } = expectSame((app) => {
      const chart = new Chart(app, 'shop', { namespace: 'shop' })
      new Database(chart, 'orders', { ...orders, image: 'postgres', storage: { size: '10Gi' } })
    })
    expect(error).toContain('[shop/orders] image does not tell the PostgreSQL major')
  })

  test('for dependencies in a circle: the same route', () => {
    const { error } = expectSame((app) => {
      const chart = new Chart(app, 'chart')
      const [a, b, c, d] = [object(chart, 'a'), object(chart, 'b'), object(chart, 'c'), object(chart, 'd')]
      a.addDependency(b, d)
      b.addDependency(c)
      c.addDependency(a)
    })
    expect(error).toContain('Dependency cycle detected')
  })

  test('for values that cannot be written: the same construct is named', () => {
    const { error } = expectSame((app) => object(new Chart(app, 'chart'), 'a', { data: new Date(0) }))
    expect(error).toContain("Failed serializing construct at path 'chart/a'")
  })

  test('for apps without charts, and charts without objects', () => {
    expectSame(() => undefined)
    expectSame((app) => new Chart(app, 'empty'))
    expectSame(() => undefined, { yamlOutputType: YamlOutputType.FILE_PER_APP })
  })

  test('for any fields of any objects', () => {
    const field = fc.oneof({ weight: 9, arbitrary: jsonValue }, { weight: 1, arbitrary: unusualValue })
    const objects = fc.array(fc.dictionary(fc.constantFrom('spec', 'data', 'metadata', 'b', '1'), field), {
      maxLength: 3,
    })
    const yamlOf = (fields: readonly object[], synthesis: (app: App, write: () => unknown) => unknown): string => {
      const app = new App()
      const chart = new Chart(app, 'chart', { namespace: 'a' })
      let text = ''
      try {
        for (const [index, props] of fields.entries()) {
          const isMap = typeof (props as Record<string, unknown>)['metadata'] === 'object'
          object(chart, `o${index}`, { ...props, ...(isMap ? {} : { metadata: {} }) })
        }
        synthesis(app, () => (text = app.synthYaml()))
        return text
      } catch (error) {
        return String(error)
      }
    }
    fc.assert(
      fc.property(objects, (fields) => {
        const expected = yamlOf(fields, (_app, write) => write())
        return yamlOf(fields, (app, write) => inOnePass(app, write, SORTED)) === expected
      }),
      { numRuns: Number(process.env['ONE_PASS_RUNS'] ?? 500) },
    )
  })

  test('for any dependencies in any tree', () => {
    const ids = fc.constantFrom('7', '10', 'a', 'b', '-')
    const node = fc.record({ parent: fc.nat(9), id: ids, isChart: fc.boolean() })
    const trees = fc.record({
      nodes: fc.array(node, { maxLength: 9 }),
      dependencies: fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 6 }),
    })
    fc.assert(
      fc.property(trees, ({ nodes, dependencies }) => {
        expectSame((app) => {
          const scopes: Construct[] = []
          for (const { parent, id, isChart } of nodes) {
            const scope = scopes[parent] ?? app
            if (scope.node.tryFindChild(id) !== undefined) continue
            scopes.push(isChart || scope === app ? new Chart(scope, id) : object(scope, id))
          }
          for (const [from, to] of dependencies) {
            const [source, target] = [scopes[from], scopes[to]]
            if (source !== undefined && target !== undefined && source !== target) source.node.addDependency(target)
          }
        })
      }),
      { numRuns: Number(process.env['ONE_PASS_RUNS'] ?? 200) },
    )
  })

  test('for keys that stay in the order in which they were given', () => {
    vi.stubEnv('CDK8S_DISABLE_SORT', '1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const fill: Fill = (app) => object(new Chart(app, 'chart'), 'a', { data: { b: 1, a: 2 } })
    const { files } = outcomeOf(fill, {}, (app) => inOnePass(app, () => app.synth(), { keepsKeyOrder: true }))
    expect(files).toEqual(byCdk8s(fill).files)
    expect(files['chart.k8s.yaml']).toContain('  b: 1\n  a: 2\n')
  })

  test('for apps that grow while they are synthesised', () => {
    expectSame((app) => {
      const [first, second] = [new Chart(app, 'first'), new Chart(app, 'second')]
      const target = object(second, 'target')
      const produce = (): string => {
        if (second.node.tryFindChild('late') === undefined) target.addDependency(object(second, 'late'))
        return 'a'
      }
      object(first, 'a', { data: { a: Lazy.any({ produce }) } })
    })
  })
})

describe('one pass', () => {
  test('validates every construct once', () => {
    let validations = 0
    once((app) => {
      for (const { node } of databases(app, 10)) {
        node.addValidation({
          validate() {
            validations += 1
            return []
          },
        })
      }
    })
    expect(validations).toBe(10)
  })

  test('walks a graph in which every object of a layer depends on every one of the next', () => {
    const { files } = once((app) => {
      const chart = new Chart(app, 'layers', { disableResourceNameHashes: true })
      let previous: ApiObject[] = []
      for (let layer = 0; layer < 30; layer += 1) {
        const current = ['a', 'b', 'c', 'd'].map((id) => object(chart, `${id}${layer}`))
        for (const dependent of previous) dependent.addDependency(...current)
        previous = current
      }
    })
    expect(files['layers.k8s.yaml']?.indexOf('name: layers-a29')).toBeLessThan(
      files['layers.k8s.yaml']?.indexOf('name: layers-a0\n') ?? -1,
    )
  })

  test('tells which constructs make the same object, and writes what cdk8s writes all the same', () => {
    const { collisions } = expectSame((app) => {
      const [shop, office] = [new Chart(app, 'shop'), new Chart(app, 'office', { namespace: 'office' })]
      object(shop, 'a', { metadata: { name: 'same' } })
      object(shop, 'b', { metadata: { name: 'same' } })
      object(office, 'c', { metadata: { name: 'same' } })
      object(office, 'd', { metadata: { name: 'same' }, kind: 'Secret' })
      object(shop, 'e', { metadata: { name: 'same', namespace: 'office' } })
    })
    expect(collisions).toEqual([
      { what: 'ConfigMap same', paths: ['shop/a', 'shop/b'] },
      { what: 'ConfigMap office/same', paths: ['shop/e', 'office/c'] },
    ])
  })

  test('tells which constructs write the same file, where cdk8s forgets one of them', () => {
    const fill: Fill = (app) => {
      const [shop, office] = [new Chart(app, 'shop'), new Chart(app, 'office')]
      object(shop, 'a', { metadata: { name: 'same', namespace: 'shop' } })
      object(office, 'b', { metadata: { name: 'same', namespace: 'office' } })
      object(office, 'c', { metadata: { name: 'other' } })
      object(office, 'd', { metadata: { name: 'other' } })
    }
    expect(expectSame(fill, { yamlOutputType: YamlOutputType.FILE_PER_RESOURCE }).collisions).toEqual([
      { what: 'ConfigMap other', paths: ['office/c', 'office/d'] },
      { what: 'the file ConfigMap.same.k8s.yaml', paths: ['shop/a', 'office/b'] },
    ])
    expect(expectSame(fill).collisions).toHaveLength(1)
  })

  test('leaves cdk8s as it was, also when the app fails', () => {
    const methods = (): unknown => [App, ApiObject.prototype].map((owner) => Object.getOwnPropertyDescriptors(owner))
    const before = methods()
    expect(isSameInOnePass(SORTED)).toBe(true)
    once(() => {
      throw new Error('no')
    })
    once((app) => object(new Chart(app, 'chart'), 'a', { data: new Date(0) }))
    expect(methods()).toEqual(before)
  })
})
