/** What a start of the command loads. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './build.ts'

/** Libraries that cost time, and a text that stands in the code of those that are bundled. */
const MARKS = { zod: '$ZodType', yaml: 'YAMLParseError', diff: 'No newline at end of file' } as const

/** What was loaded. */
export interface LoadedModules {
  /** Names of packages, bundled or not. */
  readonly packages: readonly string[]
  /** Files of our own. */
  readonly files: readonly string[]
  /** Whether Node's own undici (50 ms) was loaded. */
  readonly undici: boolean
}

/** Writes what was loaded to standard error, after whatever the command writes there. */
const TRACER = `
import { registerHooks } from 'node:module'
const urls = []
registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
process.on('exit', () => {
  const undici = process.moduleLoadList.some((name) => name.includes('deps/undici/undici'))
  process.stderr.write('\\nLOADED ' + JSON.stringify({ urls, undici }) + '\\n')
})
`

/** Runs the built command. @throws Error when it fails */
export async function loadedModules(directory: string, ...args: readonly string[]): Promise<LoadedModules> {
  const tracer = `data:text/javascript,${encodeURIComponent(TRACER)}`
  const { stderr } = await run(process.execPath, ['--import', tracer, join(directory, 'lib', 'cli.js'), ...args])
  const report = /^LOADED (.*)$/m.exec(stderr)?.[1]
  if (report === undefined) throw new Error(`the tracer reported nothing: ${stderr}`)
  const { urls, undici }: { urls: string[]; undici: boolean } = JSON.parse(report)
  const paths = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
  const external = paths.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  const files = paths.filter((path) => !path.includes('/node_modules/'))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const bundled = Object.entries(MARKS).flatMap(([name, mark]) =>
    texts.some((text) => text.includes(mark)) ? [name] : [],
  )
  return { packages: [...new Set([...external, ...bundled])].toSorted(), files, undici }
}
