import { stringify } from 'yaml'
import type { Output } from './output.ts'
import { printable } from './printable.ts'
import { DocumentReporter, reportDocument } from './run-facts.ts'

/** Prints the document of `-o json` as YAML. */
export class YamlReporter extends DocumentReporter {
  /** @param kind `ApplyReport`, `DiffReport`, `DeleteReport` */
  constructor(output: Output, kind: string) {
    super(output, (facts) => formatYaml(JSON.parse(JSON.stringify(reportDocument(kind, facts)))))
  }
}

/** YAML of plain JSON values: long lines are not folded, repeated values are written out. */
export function formatYaml(value: unknown): string {
  return printable(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }))
}

/** The same with the keys of every map in order, so that two documents can be compared line by line. */
export function formatSortedYaml(value: unknown): string {
  return printable(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true }))
}
