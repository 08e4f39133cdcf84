import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parse } from 'yaml'
import { InputError } from '../api/input-error.ts'
import { collisionsOf } from '../synthesis/collision-report.ts'
import { ONE_PASS, SYNTHESIS_VARIABLE } from '../synthesis/variable.ts'

/** What `cdk8s.yaml` says that concerns synthesis. */
export interface AppConfiguration {
  /** Shell command that runs the app. */
  readonly app: string
  /** Directory for the manifests, relative to the project. @default 'dist' */
  readonly output: string
}

/**
 * Reads `cdk8s.yaml`.
 * @throws InputError where it is missing or names no app
 */
export function readAppConfiguration(project: string): AppConfiguration {
  const file = join(project, 'cdk8s.yaml')
  if (!existsSync(file)) {
    throw new InputError('there is no cdk8s.yaml here', {
      where: file,
      remedy: 'run this in the directory of a cdk8s app, or write one line into cdk8s.yaml: app: node main.ts',
    })
  }
  const { app, output } = settingsOf(file)
  if (typeof app !== 'string' || app.trim() === '') {
    throw new InputError('cdk8s.yaml names no app', {
      where: file,
      remedy: 'add the command that runs it, for example: app: node main.ts',
    })
  }
  return { app, output: checkedOutput(project, output ?? 'dist', file) }
}

function settingsOf(file: string): { readonly app?: unknown; readonly output?: unknown } {
  try {
    const content: unknown = parse(readFileSync(file, 'utf8'))
    return typeof content === 'object' && content !== null ? content : {}
  } catch (cause) {
    const summary = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new InputError(`cdk8s.yaml cannot be read: ${summary}`, { where: file, remedy: 'correct it', cause })
  }
}

/** The output directory is replaced as a whole, so it must be one that holds nothing else. */
function checkedOutput(project: string, output: unknown, file: string): string {
  const toProject = typeof output === 'string' ? relative(resolve(project, output), resolve(project)) : ''
  if (typeof output === 'string' && (toProject === '..' || toProject.startsWith(join('..', '')))) return output
  throw new InputError(`cdk8s.yaml names ${JSON.stringify(output)} as output, which is not a directory of its own`, {
    where: file,
    remedy: 'everything in it is replaced: name one that holds manifests only, for example: output: dist',
  })
}

/**
 * Runs the app with its output in `directory`, as `cdk8s synth` does. An app that uses our constructs synthesises in one
 * pass (`src/synthesis/`), and Node is asked to keep what it compiles: both save time, and change nothing that is written.
 * @throws InputError with what the app reported; construct validation is told line by line
 */
export function runApp(
  project: string,
  app: string,
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const run = spawnSync(app, {
    cwd: project,
    shell: true,
    encoding: 'utf8',
    env: { [SYNTHESIS_VARIABLE]: ONE_PASS, ...compileCache(project), ...environment, CDK8S_OUTDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.status === 0) return
  const output = run.stderr
  const issues = validationIssues(output)
  if (issues.length > 0) {
    throw new InputError(issues.map(({ message }) => message).join('\n       '), {
      where: [...new Set(issues.map(({ path }) => path))].join(', '),
      remedy: 'correct the props of that construct and synthesise again',
    })
  }
  const collisions = collisionsOf(output)
  if (collisions.length > 0) {
    throw new InputError(collisions.map(({ what }) => `${what} is made twice`).join('\n       '), {
      where: collisions.map(({ paths }) => paths.join(' and ')).join(', '),
      remedy: collisions.every(({ what }) => what.startsWith('the file '))
        ? 'give one of them another name, or every chart a folder: YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE'
        : 'give one of them another name or namespace',
    })
  }
  throw new InputError('the app failed', {
    where: `${app} (exit ${run.status ?? run.signal ?? 'unknown'})`,
    remedy: `run it by itself to see all of it: ${app}\n${output.trimEnd()}`,
  })
}

/**
 * Where Node keeps compiled code between runs: most of a small app's time is loading what it imports.
 * @see https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
function compileCache(project: string): Readonly<Record<string, string>> {
  const modules = join(project, 'node_modules')
  return existsSync(modules) ? { NODE_COMPILE_CACHE: join(modules, '.cache', 'cdk8s-database') } : {}
}

/** The lines that cdk8s prints for constructs that are not valid: `  [chart/orders] message`. */
function validationIssues(output: string): { path: string; message: string }[] {
  if (!output.includes('Validation failed with the following errors')) return []
  return [...output.matchAll(/^\s+\[([^\]\s]+)\] (.+)$/gm)].map(([, path = '', message = '']) => ({ path, message }))
}
