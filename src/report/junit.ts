import { formatObject } from '../api/object.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { isChanged, isRefused } from './actions.ts'
import { formatFields } from './difference-lines.ts'
import type { Output } from './output.ts'
import { printable } from './printable.ts'
import { DocumentReporter } from './run-facts.ts'
import type { Failure, RunFacts } from './run-facts.ts'
import { xmlAttribute, xmlText } from './xml-text.ts'

/**
 * Prints a JUnit report: each object is a test case. With `diff` a case fails where the object would change, with
 * `apply` where it failed.
 */
export class JunitReporter extends DocumentReporter {
  /** @param kind `ApplyReport`, `DiffReport` */
  constructor(output: Output, kind: string, now: () => number) {
    super(output, (facts) => formatJunit(kind, facts, now()))
  }
}

interface TestCase {
  readonly classname: string
  readonly name: string
  readonly where?: string | undefined
  readonly failure?: {
    readonly element: 'failure' | 'error'
    readonly type: string
    readonly message: string
    readonly text: string
  }
}

function formatJunit(kind: string, facts: RunFacts, now: number): string {
  const name = `cdk8s-database ${kind.replace(/Report$/, '').toLowerCase()}`
  const cases = casesOf(kind, facts, now)
  const numberOf = (element: string): number => cases.filter(({ failure }) => failure?.element === element).length
  const counts = attributes({
    name,
    tests: String(cases.length),
    failures: String(numberOf('failure')),
    errors: String(numberOf('error')),
    time: (facts.summary?.seconds ?? 0).toFixed(3),
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts}>`,
    `  <testsuite${counts}>`,
    ...cases.flatMap(formatCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function casesOf(kind: string, { changes, failures }: RunFacts, now: number): TestCase[] {
  const bySubject = Map.groupBy(failures, ({ subject }) => subject)
  const subjects = new Set(changes.map(({ object }) => formatObject(object)))
  const objects = changes.map((change): TestCase => {
    const subject = formatObject(change.object)
    const failed = bySubject.get(subject)
    const failure = failed === undefined ? changeFailure(kind, change, now) : failureOf('failure', failed)
    return { ...place(change), ...(failure === undefined ? {} : { failure }) }
  })
  const others = failures
    .filter(({ subject }) => subject === undefined || !subjects.has(subject))
    .map((failure): TestCase => ({
      classname: 'cdk8s-database',
      name: failure.subject ?? 'run',
      where: failure.where,
      failure: failureOf(failure.subject === undefined ? 'error' : 'failure', [failure]),
    }))
  return [...objects, ...others]
}

function place({ object, source }: PlannedChange): TestCase {
  const { apiVersion, kind, namespace, name } = object
  return {
    classname: `${apiVersion}.${kind}`,
    name: namespace === undefined ? name : `${namespace}/${name}`,
    where: source,
  }
}

function changeFailure(kind: string, change: PlannedChange, now: number): TestCase['failure'] {
  const { action, impact, note } = change
  if (!isRefused(change) && (kind !== 'DiffReport' || !isChanged(change))) return undefined
  const reasons = [
    ...(impact === undefined || impact === 'none' ? [] : [`impact ${impact}`]),
    ...(note === undefined ? [] : [note]),
  ]
  return {
    element: 'failure',
    type: action,
    message: [`would ${action === 'keep' ? 'be kept' : action}`, ...reasons].join(': '),
    text: formatFields(change, now).join('\n'),
  }
}

function failureOf(element: 'failure' | 'error', failures: readonly Failure[]): NonNullable<TestCase['failure']> {
  const [first] = failures
  return {
    element,
    type: first?.reason ?? 'Error',
    message: first?.message ?? '',
    text: failures
      .map(({ message, where, remedy }) =>
        [
          message,
          ...(where === undefined ? [] : [`at: ${where}`]),
          ...(remedy === undefined ? [] : [`try: ${remedy}`]),
        ].join('\n'),
      )
      .join('\n\n'),
  }
}

function formatCase({ classname, name, where, failure }: TestCase): string[] {
  const [, file, line] = /^([^:]+):(\d+)$/.exec(where ?? '') ?? []
  const own = attributes({ classname, name, ...(file === undefined ? {} : { file, line: line ?? '' }) })
  if (failure === undefined) return [`    <testcase${own}/>`]
  const { element, type, message, text } = failure
  return [
    `    <testcase${own}>`,
    `      <${element}${attributes({ type, message })}>${xmlText(printable(text))}</${element}>`,
    '    </testcase>',
  ]
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlAttribute(printable(value))}"`)
    .join('')
}
