/**
 * Writes imports/ with `cdk8s import` from our own CRD, then makes the result loadable under Node's type stripping:
 * enums become constant objects, type-only imports say so.
 * `--check` writes nothing and fails when imports/ is stale.
 * @see https://github.com/cdk8s-team/cdk8s/issues/2992
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { databaseCrd } from '../src/api/crd.ts'
import { GROUP } from '../src/api/group.ts'

const target = join(import.meta.dirname, '..', 'imports', `${GROUP}.ts`)

/** The importer's output as it can be loaded without a compiler. */
function makeErasable(source: string): string {
  return source
    .replace(
      'import { ApiObject, ApiObjectMetadata, GroupVersionKind }',
      'import { ApiObject, type ApiObjectMetadata, type GroupVersionKind }',
    )
    .replace('import { Construct }', 'import type { Construct }')
    .replaceAll(/export enum (\w+) \{\n([^}]*)\}/g, (_, name: string, members: string) => {
      const entries = members.replaceAll(/^(\s+)(\w+) = (".*?"),$/gm, '$1$2: $3,')
      return `export const ${name} = {\n${entries}} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`
    })
}

const directory = mkdtempSync(join(tmpdir(), 'imports-'))
try {
  const crd = join(directory, 'crd.yaml')
  writeFileSync(crd, stringify(databaseCrd()))
  const cli = join(import.meta.dirname, '..', 'node_modules', 'cdk8s-cli', 'bin', 'cdk8s')
  execFileSync(process.execPath, [cli, 'import', crd, '-l', 'typescript', '-o', directory, '--no-save'], {
    cwd: directory,
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const generated = makeErasable(readFileSync(join(directory, `${GROUP}.ts`), 'utf8'))
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== generated) {
      process.stderr.write(`error: imports/${GROUP}.ts is stale\n  try: npm run imports\n`)
      process.exitCode = 1
    }
  } else {
    writeFileSync(target, generated)
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
