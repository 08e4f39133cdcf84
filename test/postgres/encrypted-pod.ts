/** What makes a server encrypt, as a TLS database's volumes and ConfigMap do. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pgHbaConf, postgresqlConf } from '../../src/postgres/configuration.ts'
import type { CertificateWithKey } from '../cluster/certificate.ts'
import type { PodDirectory } from './pod-directory.ts'
import { giveAway } from './unprivileged.ts'

/** Puts a pair where the server finds it, as a volume would show it. */
export async function present(pod: PodDirectory, { certificate, key }: CertificateWithKey): Promise<void> {
  const directory = join(pod.root, 'certificate')
  await mkdir(directory, { recursive: true })
  for (const [name, text] of Object.entries({ 'tls.key': key, 'tls.crt': certificate })) {
    const file = join(directory, name)
    await writeFile(file, text)
    await giveAway(file, 0o400)
  }
  await giveAway(directory, 0o755)
  pod.environment['PGTLS'] = directory
}

/** Writes the configuration that lets in who encrypts, and nobody else. */
export async function encrypt(pod: PodDirectory): Promise<void> {
  const size = { memoryLimitBytes: 2 ** 27, storageBytes: 2 ** 28 }
  await pod.configure(
    'postgresql.conf',
    postgresqlConf({ major: pod.major, ...size, access: { tls: true }, parameters: {} }),
  )
  await pod.configure('pg_hba.conf', pgHbaConf({ tls: true }))
}
