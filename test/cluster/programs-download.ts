/** Downloads upstream's release binaries, where upstream publishes all four and this machine can reach them. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { chmod, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ProgramVersions } from './programs-source.ts'

/** Where upstream publishes; replaced in tests. */
export interface ReleaseHosts {
  readonly kubernetes: string
  readonly etcd: string
}

/** Upstream's own addresses. */
export const upstreamHosts: ReleaseHosts = {
  kubernetes: 'https://dl.k8s.io/release',
  etcd: 'https://github.com/etcd-io/etcd/releases/download',
}

/** Long enough for a slow handshake, short enough that a machine without a way out does not notice. */
const answerWithinMs = 3000
const downloadWithinMs = 600_000

/**
 * Fills `directory` with the four programs.
 *
 * The checksums come from the host that serves the files: they prove that a file arrived whole, not who made it.
 *
 * @throws Error saying which file could not be had; nothing is to be used then.
 */
export async function downloadPrograms(
  directory: string,
  versions: ProgramVersions,
  log: (line: string) => void,
  hosts: ReleaseHosts = upstreamHosts,
  platform: string = process.platform,
): Promise<void> {
  if (platform !== 'linux') throw new Error(`upstream publishes no control plane for ${platform}`)
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const programs = ['kube-apiserver', 'kube-controller-manager', 'kubectl']
  const kubernetes = `${hosts.kubernetes}/${versions.kubernetes}/bin/linux/${arch}`
  const archive = `etcd-${versions.etcd}-linux-${arch}.tar.gz`

  // Every checksum first: they are small, so an unreachable host is found out before anything large is fetched.
  const checksums = new Map<string, string>()
  for (const program of programs) {
    const url = `${kubernetes}/${program}`
    checksums.set(url, readChecksum(await fetchText(`${url}.sha256`), program))
  }
  const sums = await fetchText(`${hosts.etcd}/${versions.etcd}/SHA256SUMS`)
  checksums.set(`${hosts.etcd}/${versions.etcd}/${archive}`, readChecksum(sums, archive))

  log(`downloading Kubernetes ${versions.kubernetes} and etcd ${versions.etcd}, once for this machine`)
  for (const [url, checksum] of checksums) {
    const file = join(directory, basename(url))
    await fetchFile(url, file, checksum)
    await chmod(file, 0o755)
    log(`downloaded ${basename(url)}`)
  }
  await extractEtcd(directory, archive)
}

/** Reads `<hash>` or the line `<hash>  <file>` of a checksum file. */
function readChecksum(text: string, file: string): string {
  for (const line of text.split('\n')) {
    const [hash, name = file] = line.trim().split(/\s+/)
    if (hash !== undefined && /^[0-9a-f]{64}$/.test(hash) && basename(name) === file) return hash
  }
  throw new Error(`no SHA-256 checksum of ${file} is published`)
}

async function request(url: string, timeoutMs: number): Promise<Response> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    if (response.ok) return response
    await response.body?.cancel()
    throw new Error(`HTTP ${response.status}`)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause: error })
  }
}

async function fetchText(url: string): Promise<string> {
  return (await request(url, answerWithinMs)).text()
}

async function fetchFile(url: string, file: string, checksum: string): Promise<void> {
  const { body } = await request(url, downloadWithinMs)
  if (body === null) throw new Error(`${url}: empty answer`)
  const hash = createHash('sha256')
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(Readable.fromWeb(body), measured, createWriteStream(file))
  if (hash.digest('hex') !== checksum) throw new Error(`${url}: the checksum does not match`)
}

async function extractEtcd(directory: string, archive: string): Promise<void> {
  const folder = archive.replace(/\.tar\.gz$/, '')
  const child = spawn('tar', ['-xzf', archive, `${folder}/etcd`], { cwd: directory, stdio: 'ignore' })
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`tar could not extract etcd from ${archive}`))
    })
  })
  await rename(join(directory, folder, 'etcd'), join(directory, 'etcd'))
  await rm(join(directory, folder), { recursive: true })
  await rm(join(directory, archive))
}
