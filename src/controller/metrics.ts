/** Names and values of labels. A value that is not given is empty. */
export type Labels = Readonly<Record<string, string>>

/** What a metric is. */
export interface MetricDescription {
  /** `workqueue_depth` */
  readonly name: string
  /** One sentence for people. */
  readonly help: string
  /** Names of its labels, in the order in which they are shown. */
  readonly labels?: readonly string[]
}

/** What a histogram is. */
export interface HistogramDescription extends MetricDescription {
  /** Upper bounds, ascending; the last one, infinity, is added. */
  readonly buckets: readonly number[]
}

/** One value at a time of asking. */
export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

/** What a family of a registry can show. */
interface Family {
  readonly description: MetricDescription
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly lines: () => readonly string[]
}

/** The type of the answer that {@link MetricsRegistry.text} is. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/

/** Something that only grows. */
export class Counter {
  readonly #values: LabelledValues

  constructor(values: LabelledValues) {
    this.#values = values
  }

  /** @throws RangeError where it would shrink */
  add(labels: Labels = {}, by = 1): void {
    if (!(by >= 0)) throw new RangeError(`a counter does not shrink: ${by}`)
    this.#values.set(labels, this.#values.get(labels) + by)
  }

  /** Shows nothing for these labels any more. */
  remove(labels: Labels): void {
    this.#values.delete(labels)
  }
}

/** Something that goes up and down. */
export class Gauge {
  readonly #values: LabelledValues

  constructor(values: LabelledValues) {
    this.#values = values
  }

  set(labels: Labels, value: number): void {
    this.#values.set(labels, value)
  }

  /** Shows nothing for these labels any more. */
  remove(labels: Labels): void {
    this.#values.delete(labels)
  }
}

/** How often a value was how large. */
export class Histogram {
  readonly #description: HistogramDescription
  readonly #series = new Map<string, { readonly counts: number[]; sum: number; count: number }>()

  constructor(description: HistogramDescription) {
    this.#description = description
  }

  observe(labels: Labels, value: number): void {
    const { buckets } = this.#description
    const key = labelText(this.#description, labels)
    const series = this.#series.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 }
    this.#series.set(key, series)
    const bucket = buckets.findIndex((bound) => value <= bound)
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += value
    series.count += 1
  }

  lines(): readonly string[] {
    const { name, buckets } = this.#description
    return [...this.#series].flatMap(([labels, { counts, sum, count }]) => {
      let below = 0
      const bounded = buckets.map((bound, at) => {
        below += counts[at] ?? 0
        return `${name}_bucket${braces(labels, `le="${formatNumber(bound)}"`)} ${below}`
      })
      return [
        ...bounded,
        `${name}_bucket${braces(labels, 'le="+Inf"')} ${count}`,
        `${name}_sum${braces(labels)} ${formatNumber(sum)}`,
        `${name}_count${braces(labels)} ${count}`,
      ]
    })
  }
}

/** Values by labels. */
class LabelledValues {
  readonly #description: MetricDescription
  readonly #values = new Map<string, number>()

  constructor(description: MetricDescription) {
    this.#description = description
    // What has no labels is there from the beginning: a rate of it can be told from its first change.
    if ((description.labels ?? []).length === 0) this.#values.set('', 0)
  }

  get(labels: Labels): number {
    return this.#values.get(labelText(this.#description, labels)) ?? 0
  }

  set(labels: Labels, value: number): void {
    this.#values.set(labelText(this.#description, labels), value)
  }

  delete(labels: Labels): void {
    this.#values.delete(labelText(this.#description, labels))
  }

  lines(): readonly string[] {
    const { name } = this.#description
    return [...this.#values].map(([labels, value]) => `${name}${braces(labels)} ${formatNumber(value)}`)
  }
}

/**
 * Metrics and their text for Prometheus.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export class MetricsRegistry {
  readonly #families = new Map<string, Family>()

  counter(description: MetricDescription): Counter {
    const values = new LabelledValues(description)
    this.#add({ description, type: 'counter', lines: () => values.lines() })
    return new Counter(values)
  }

  gauge(description: MetricDescription): Gauge {
    const values = new LabelledValues(description)
    this.#add({ description, type: 'gauge', lines: () => values.lines() })
    return new Gauge(values)
  }

  /** A gauge that is read when somebody asks. */
  observedGauge(description: MetricDescription, read: () => readonly Sample[]): void {
    this.#add({
      description,
      type: 'gauge',
      lines: () =>
        read().map(({ labels = {}, value }) => {
          return `${description.name}${braces(labelText(description, labels))} ${formatNumber(value)}`
        }),
    })
  }

  histogram(description: HistogramDescription): Histogram {
    const histogram = new Histogram(description)
    this.#add({ description, type: 'histogram', lines: () => histogram.lines() })
    return histogram
  }

  /** Everything as it is now, families by name, in format 0.0.4. */
  text(): string {
    const families = [...this.#families.values()].toSorted((left, right) =>
      left.description.name < right.description.name ? -1 : 1,
    )
    return families
      .flatMap(({ description: { name, help }, type, lines }) => [
        `# HELP ${name} ${help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)}\n`,
        `# TYPE ${name} ${type}\n`,
        ...lines().map((line) => `${line}\n`),
      ])
      .join('')
  }

  #add(family: Family): void {
    const { name, labels = [] } = family.description
    if (!METRIC_NAME.test(name)) throw new RangeError(`no name of a metric: ${name}`)
    const wrong = labels.find((label) => !LABEL_NAME.test(label) || (family.type === 'histogram' && label === 'le'))
    if (wrong !== undefined) throw new RangeError(`${name}: no name of a label: ${wrong}`)
    if (this.#families.has(name)) throw new RangeError(`the metric ${name} is there already`)
    this.#families.set(name, family)
  }
}

/** `a="1",b="2"`: what tells series of a family apart. */
function labelText({ name, labels = [] }: MetricDescription, values: Labels): string {
  for (const label of Object.keys(values))
    if (!labels.includes(label)) throw new RangeError(`the metric ${name} has no label ${label}`)
  return labels.map((label) => `${label}="${escapeLabel(values[label] ?? '')}"`).join(',')
}

function escapeLabel(value: string): string {
  if (!/[\\"\n]/.test(value)) return value
  return value.replaceAll(/[\\"\n]/g, (character) => (character === '\n' ? String.raw`\n` : `\\${character}`))
}

function braces(labels: string, more = ''): string {
  if (labels === '') return more === '' ? '' : `{${more}}`
  return more === '' ? `{${labels}}` : `{${labels},${more}}`
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
