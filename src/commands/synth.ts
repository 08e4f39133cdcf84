import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { API_VERSION, KIND } from '../api/group.ts'
import { InputError } from '../api/input-error.ts'
import { synthesise, writeSynthesis } from '../manifests/synthesis.ts'
import { imageWarnings } from '../postgres/image-warnings.ts'
import type { DatabaseImage } from '../postgres/image-warnings.ts'
import { formatError } from '../report/error-lines.ts'
import { REPORT_API_VERSION } from '../report/report-version.ts'
import type { OutputChange, Synthesis } from '../manifests/synthesis.ts'
import type { Command, CommandContext } from './command.ts'
import { COMMON_FLAGS } from './flags.ts'

/** Writes the manifests. */
export const command: Command = {
  summary: 'write the manifests into dist/',
  usage: 'synth [--check | --stdout]',
  positionals: 0,
  flags: {
    ...COMMON_FLAGS,
    check: { type: 'boolean', help: 'Write nothing; exit 1 when dist/ is not what the app would write.' },
    stdout: { type: 'boolean', help: 'Print the manifests instead of writing them.' },
  },
  run(values, _positionals, context) {
    if (values['check'] === true && values['stdout'] === true) {
      throw new InputError('--check and --stdout exclude each other', { remedy: 'keep one of them' })
    }
    const format = values['output'] ?? 'human'
    if (format !== 'human' && format !== 'json') {
      throw new InputError(`-o ${String(format)} is not a format`, { remedy: 'use -o human or -o json' })
    }
    if (values['stdout'] === true && format === 'json') {
      throw new InputError('--stdout and -o json exclude each other', {
        remedy: 'use --stdout for the manifests, or -o json for a report about them',
      })
    }
    const synthesis = synthesise(context.directory, context.environment)
    if (values['stdout'] === true) {
      context.output.data([...synthesis.files.values()].map((text) => text.trimEnd()).join('\n---\n') + '\n')
      return Promise.resolve(EXIT.done)
    }
    if (values['check'] !== true) writeSynthesis(context.directory, synthesis)
    return Promise.resolve(conclude(synthesis, values['check'] === true, format === 'json', context))
  },
}

function conclude(synthesis: Synthesis, check: boolean, json: boolean, context: CommandContext): ExitCode {
  const stale = check && synthesis.changes.length > 0
  const { output, documents, files, changes } = synthesis
  const objects = documents.length
  const warnings = imageWarnings(databasesOf(documents))
  if (json) {
    const exitCode = stale ? EXIT.failed : EXIT.done
    const failures = stale ? [{ message: staleMessage(output), remedy: staleRemedy(output), exitCode }] : []
    const facts = { output, objects, files: [...files.keys()], changes, warnings, failures, exitCode }
    const report = { apiVersion: REPORT_API_VERSION, kind: 'SynthReport', ...facts }
    context.output.data(`${JSON.stringify(report, null, 2)}\n`)
    return exitCode
  }
  for (const warning of warnings) context.output.message(`warning: ${warning}\n`)
  for (const { file, change } of changes)
    context.output.data(`  ${SYMBOLS[change]} ${change.padEnd(7)} ${output}/${file}\n`)
  if (stale) {
    const where = changes.map(({ file }) => `${output}/${file}`).join(', ')
    context.output.message(formatError({ what: staleMessage(output), where, remedy: staleRemedy(output) }))
    return EXIT.failed
  }
  context.output.data(
    `${output}/: ${objects} objects in ${files.size} files · ${changes.length === 0 ? 'no changes' : `${changes.length} files changed`}\n`,
  )
  return EXIT.done
}

function databasesOf(documents: Synthesis['documents']): DatabaseImage[] {
  return documents.flatMap(({ object }) => {
    const { name, namespace } = object.metadata
    const spec = object['spec'] as Partial<DatabaseImage['spec']> | undefined
    const image: unknown = spec?.image
    if (object.apiVersion !== API_VERSION || object.kind !== KIND || typeof image !== 'string') return []
    return [{ name: namespace === undefined ? name : `${namespace}/${name}`, spec: { ...spec, image } }]
  })
}

const staleMessage = (output: string): string => `${output}/ is not what the app writes`
const staleRemedy = (output: string): string => `npm run synth, then commit ${output}/`

const SYMBOLS: Readonly<Record<OutputChange['change'], string>> = { added: '+', changed: '~', removed: '-' }
