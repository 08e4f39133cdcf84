/** A custom kind with every shape that a schema can give a field, for proofs about kinds that nobody knows. */
export function sampleDefinition(group: string): object {
  const text = { type: 'string' }
  const whole = { type: 'integer' }
  const map = (value: object, more: object = {}): object => ({ type: 'object', additionalProperties: value, ...more })
  const item = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more })
  const list = (items: object, more: object = {}): object => ({ type: 'array', items, ...more })
  const keyed = (keys: readonly string[]): object => ({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
  })
  const spec = {
    text,
    whole,
    number: { type: 'number' },
    flag: { type: 'boolean' },
    nullable: { type: 'string', nullable: true },
    nullableMap: item({ a: text, b: text }, { nullable: true }),
    defaulted: { type: 'string', default: 'standard' },
    amount: { 'x-kubernetes-int-or-string': true },
    granular: item({ a: text, b: text, deeper: item({ c: whole }) }),
    withDefaults: item({ a: text, b: { type: 'string', default: 'x' } }),
    atomic: item({ a: text, b: text }, { 'x-kubernetes-map-type': 'atomic' }),
    selector: item({ matchLabels: map(text) }, { 'x-kubernetes-map-type': 'atomic' }),
    labels: map(text),
    byName: map(item({ a: text, b: whole })),
    tags: list(text, { 'x-kubernetes-list-type': 'set' }),
    numbers: list(whole, { 'x-kubernetes-list-type': 'set' }),
    plain: list(text),
    plainItems: list(item({ a: text, b: { type: 'string', default: 'y' } })),
    items: list(item({ name: text, value: text, parts: map(text) }, { required: ['name'] }), keyed(['name'])),
    ports: list(
      item({ port: whole, protocol: { type: 'string', default: 'TCP' }, note: text }, { required: ['port'] }),
      keyed(['port', 'protocol']),
    ),
    sided: list(
      item({ name: text, side: { type: 'string', default: 'left' }, note: text }, { required: ['name'] }),
      keyed(['name', 'side']),
    ),
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `samples.${group}` },
    spec: {
      group,
      names: { kind: 'Sample', listKind: 'SampleList', plural: 'samples', singular: 'sample' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: spec } } } },
        },
      ],
    },
  }
}
