import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { downloadPrograms } from './programs-download.ts'

const versions = { kubernetes: 'v1.36.2', etcd: 'v3.6.8' }
const arch = process.arch === 'x64' ? 'amd64' : process.arch
const binaries = `/release/${versions.kubernetes}/bin/linux/${arch}`
const archive = `etcd-${versions.etcd}-linux-${arch}.tar.gz`
const releases = `/etcd/${versions.etcd}`
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'download-'))
  return () => rm(directory, { recursive: true })
})

/** A release as upstream publishes it: a checksum file beside each program, one list of checksums for etcd. */
async function release(): Promise<Map<string, string | Buffer>> {
  const folder = `etcd-${versions.etcd}-linux-${arch}`
  await mkdir(join(directory, 'source', folder), { recursive: true })
  await writeFile(join(directory, 'source', folder, 'etcd'), 'the etcd program', { mode: 0o755 })
  await promisify(execFile)('tar', ['-czf', archive, folder], { cwd: join(directory, 'source') })
  const packed = await readFile(join(directory, 'source', archive))
  const files = new Map<string, string | Buffer>([
    [`${releases}/${archive}`, packed],
    [`${releases}/SHA256SUMS`, `${sha256('other')}  etcd-other.zip\n${sha256(packed)}  ${archive}\n`],
  ])
  for (const program of ['kube-apiserver', 'kube-controller-manager', 'kubectl']) {
    files.set(`${binaries}/${program}`, `the ${program} program`)
    files.set(`${binaries}/${program}.sha256`, sha256(`the ${program} program`))
  }
  return files
}

async function download(files: ReadonlyMap<string, string | Buffer>): Promise<readonly string[]> {
  const requested: string[] = []
  const server = createServer((request, response) => {
    requested.push(request.url ?? '')
    const content = files.get(request.url ?? '')
    response.writeHead(content === undefined ? 404 : 200, { connection: 'close' }).end(content)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  const bound = server.address()
  const host = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`
  await mkdir(join(directory, 'target'))
  const hosts = { kubernetes: `${host}/release`, etcd: `${host}/etcd` }
  await downloadPrograms(join(directory, 'target'), versions, vi.fn(), hosts, 'linux')
  return requested
}

test('a complete release becomes four executable programs and nothing else', async () => {
  await download(await release())
  const target = join(directory, 'target')
  expect((await readdir(target)).toSorted()).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'])
  expect(await readFile(join(target, 'etcd'), 'utf8')).toBe('the etcd program')
  expect(await readFile(join(target, 'kubectl'), 'utf8')).toBe('the kubectl program')
  const modes = await Promise.all((await readdir(target)).map(async (name) => (await stat(join(target, name))).mode))
  expect(modes.map((mode) => mode & 0o111)).toEqual([0o111, 0o111, 0o111, 0o111])
})

test('a file that is not what its checksum says is refused', async () => {
  const files = await release()
  files.set(`${binaries}/kube-apiserver`, 'something else')
  await expect(download(files)).rejects.toThrow(/kube-apiserver: the checksum does not match/)
})

test('nothing large is fetched when one of the four is not published', async () => {
  const files = await release()
  files.delete(`${releases}/SHA256SUMS`)
  await expect(download(files)).rejects.toThrow('SHA256SUMS: HTTP 404')
})

test('a checksum list without the archive is refused', async () => {
  const files = await release()
  files.set(`${releases}/SHA256SUMS`, `${sha256('other')}  etcd-other.zip\n`)
  await expect(download(files)).rejects.toThrow(`no SHA-256 checksum of ${archive} is published`)
})

test('a host that cannot be reached is named with the reason', async () => {
  const hosts = { kubernetes: 'http://127.0.0.1:1/release', etcd: 'http://127.0.0.1:1/etcd' }
  await expect(downloadPrograms(directory, versions, vi.fn(), hosts, 'linux')).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:1\/release.*kube-apiserver\.sha256: /,
  )
})

test('other platforms are told at once that upstream has no control plane for them', async () => {
  await expect(downloadPrograms(directory, versions, vi.fn(), undefined, 'darwin')).rejects.toThrow(
    'upstream publishes no control plane for darwin',
  )
})
