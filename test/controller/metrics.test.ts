import { describe, expect, test } from 'vitest'
import { MetricsRegistry } from '../../src/controller/metrics.ts'

describe('the text for Prometheus', () => {
  test('has a help and a type for each family, families by name, and ends with a newline', () => {
    const registry = new MetricsRegistry()
    registry.gauge({ name: 'b', help: 'Second', labels: ['x', 'y'] }).set({ x: '1', y: '2' }, 0.5)
    registry.counter({ name: 'a_total', help: 'First' }).add()
    expect(registry.text()).toBe(`# HELP a_total First
# TYPE a_total counter
a_total 1
# HELP b Second
# TYPE b gauge
b{x="1",y="2"} 0.5
`)
  })

  test('escapes labels and help', () => {
    const registry = new MetricsRegistry()
    registry.gauge({ name: 'a', help: 'back\\slash and\nnewline, "quoted"', labels: ['x'] }).set({ x: 'a\\b"c\nd' }, 1)
    expect(registry.text()).toBe(
      String.raw`# HELP a back\\slash and\nnewline, "quoted"
# TYPE a gauge
a{x="a\\b\"c\nd"} 1
`,
    )
  })

  test('writes what is no ordinary number as Prometheus does', () => {
    const registry = new MetricsRegistry()
    const gauge = registry.gauge({ name: 'a', help: 'h', labels: ['x'] })
    for (const [x, value] of Object.entries({ inf: Infinity, neg: -Infinity, nan: NaN, small: 1e-8 }))
      gauge.set({ x }, value)
    expect(registry.text().split('\n').slice(2, -1)).toEqual([
      'a{x="inf"} +Inf',
      'a{x="neg"} -Inf',
      'a{x="nan"} NaN',
      'a{x="small"} 1e-8',
    ])
  })

  test('counts the values of a histogram up to each bound, with the bound itself', () => {
    const registry = new MetricsRegistry()
    const histogram = registry.histogram({ name: 't', help: 'h', labels: ['of'], buckets: [0.1, 1] })
    for (const value of [0.1, 0.5, 1, 7]) histogram.observe({ of: 'a' }, value)
    expect(registry.text().split('\n').slice(2, -1)).toEqual([
      't_bucket{of="a",le="0.1"} 1',
      't_bucket{of="a",le="1"} 3',
      't_bucket{of="a",le="+Inf"} 4',
      't_sum{of="a"} 8.6',
      't_count{of="a"} 4',
    ])
  })

  test('asks for what is observed when it is written', () => {
    const registry = new MetricsRegistry()
    let value = 1
    registry.observedGauge({ name: 'a', help: 'h', labels: ['x'] }, () => [{ labels: { x: 'y' }, value }])
    value = 2
    expect(registry.text()).toContain('a{x="y"} 2\n')
  })

  test('forgets what was removed', () => {
    const registry = new MetricsRegistry()
    const gauge = registry.gauge({ name: 'a', help: 'h', labels: ['x'] })
    gauge.set({ x: '1' }, 1)
    gauge.set({ x: '2' }, 1)
    gauge.remove({ x: '1' })
    expect(registry.text()).not.toContain('x="1"')
    expect(registry.text()).toContain('x="2"')
  })
})

describe('a mistake in the use of metrics', () => {
  test('is refused: names, labels, what is there already, a counter that shrinks', () => {
    const registry = new MetricsRegistry()
    const counter = registry.counter({ name: 'a', help: 'h', labels: ['x'] })
    expect(() => counter.add({ y: '1' })).toThrow('no label y')
    expect(() => counter.add({ x: '1' }, -1)).toThrow('does not shrink')
    expect(() => counter.add({ x: '1' }, NaN)).toThrow('does not shrink')
    expect(() => registry.gauge({ name: 'a', help: 'h' })).toThrow('there already')
    expect(() => registry.gauge({ name: 'a-b', help: 'h' })).toThrow('no name of a metric')
    expect(() => registry.gauge({ name: 'c', help: 'h', labels: ['__x'] })).toThrow('no name of a label')
    expect(() => registry.histogram({ name: 'd', help: 'h', labels: ['le'], buckets: [] })).toThrow('of a label: le')
  })
})
