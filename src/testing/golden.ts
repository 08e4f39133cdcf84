import { Yaml } from 'cdk8s'
import { expect } from 'vitest'
import { writeYaml } from '../synthesis/yaml-writer.ts'
import { manifestsOf } from './manifest-source.ts'
import type { ManifestSource } from './manifest-source.ts'

/**
 * Compares manifests with a file that is committed and reviewed, byte by byte as synthesis writes them. `vitest -u`
 * writes the file; in CI a file that is missing fails.
 * @param file relative to the test's file
 */
export async function expectGoldenManifests(source: ManifestSource, file: string): Promise<void> {
  await expect(goldenText(source)).toMatchFileSnapshot(file)
}

/** The manifests of a source as synthesis writes them into one file. */
export function goldenText(source: ManifestSource): string {
  return manifestsOf(source)
    .map((object) => writeYaml(object) ?? Yaml.stringify(object))
    .join('---\n')
}
