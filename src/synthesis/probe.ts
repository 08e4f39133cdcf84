import { ApiObject, App, Chart } from 'cdk8s'
import { inOnePass } from './one-pass.ts'
import type { OnePassOptions } from './one-pass.ts'

/** A class of the kind that the CLI of cdk8s generates, as `IntOrString`. */
class Union {
  readonly value: string | number

  constructor(value: string | number) {
    this.value = value
  }
}

/** One text for each rule about texts. */
const TEXTS: readonly string[] = [
  ['', 'a ', 'a: b', 'a #b', '#', '- a', '?', "it's", '"a"', '\'"', '\\', 'a\tb', 'ä😀', 'postgres:18.4', '---'],
  ['null', 'No', '0775', '0x1F', '1_0', '1e3', '.5', '.inf', '12:30', '1:2.3', '2024-01-01', '2024-1-1 1:2:3', '<<'],
  ['a\nb', 'a\n', 'a\n\n', '  a\nb\n', 'a\n\n  b \n\tc\n', '# a\nb: c\n'],
].flat()

const NUMBERS = [0, -0, 7, -1, 0.5, 1e21, 1e-7]

function probe(): App {
  const app = new App()
  const chart = new Chart(app, 'chart', { namespace: 'space', labels: { on: 'on' } })
  const inner = new Chart(chart, 'inner')
  const first = new ApiObject(chart, 'first', {
    apiVersion: 'v1',
    kind: 'Probe',
    metadata: { annotations: { '12': 'b', 'a.b/c': '', y: 'y' }, finalizers: [] },
    texts: TEXTS,
    spec: { on: 1, 'a: b': 2, '<<': 3, '1': 4 },
  })
  const second = new ApiObject(inner, 'second', {
    kind: 'Probe',
    apiVersion: 'probe/v1',
    z: [[], {}, [NUMBERS, [true]], { b: null, a: { c: undefined, b: new Union(80) }, c: [{ a: 1, b: [2] }] }],
    a: new Union('10Gi'),
  })
  const third = new ApiObject(chart, 'third', { apiVersion: 'v1', kind: 'Probe', metadata: { labels: { b: 'c' } } })
  first.addDependency(third, second)
  return app
}

/**
 * Tries on an example whether synthesis in one pass writes what cdk8s writes: most of cdk8s cannot be recognised by its
 * source, and nothing of the YAML library that it brings along.
 */
export function isSameInOnePass(options: OnePassOptions): boolean {
  const expected = probe().synthYaml()
  const app = probe()
  let actual = ''
  inOnePass(app, () => (actual = app.synthYaml()), options)
  return actual === expected
}
