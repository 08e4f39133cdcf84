import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { programNames, programVersions } from './programs-source.ts'
import type { ProgramsSource } from './programs-source.ts'
import { findPrograms, programCacheDirectory, ProgramsUnavailableError, userCacheDirectory } from './programs.ts'
import type { ProgramsOptions } from './programs.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'programs-'))
  return () => rm(directory, { recursive: true })
})

async function fill(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await Promise.all(names.map((name) => writeFile(join(folder, name), '#!/bin/sh\n', { mode: 0o755 })))
}

const unreachable: ProgramsSource = async () => {
  throw new Error('https://dl.k8s.io: getaddrinfo ENOTFOUND')
}
const noGo: ProgramsSource = async () => {
  throw new Error('there is no go on PATH')
}
const unwanted: ProgramsSource = async () => {
  throw new Error('must not be asked')
}

function find(options: ProgramsOptions = {}): ReturnType<typeof findPrograms> {
  return findPrograms({
    environment: { XDG_CACHE_HOME: directory },
    log: () => undefined,
    download: unwanted,
    build: unwanted,
    ...options,
  })
}

const cacheDirectory = (): Promise<string> => programCacheDirectory({ XDG_CACHE_HOME: directory })

describe('the programs of the control plane', () => {
  test('come from KUBEBUILDER_ASSETS before anything else', async () => {
    const assets = join(directory, 'assets')
    await fill(assets, programNames)
    await fill(await cacheDirectory(), ['control-plane'])
    const programs = await find({ environment: { XDG_CACHE_HOME: directory, KUBEBUILDER_ASSETS: assets } })
    expect(programs.etcd).toEqual([join(assets, 'etcd')])
    expect(programs.kubectl).toEqual([join(assets, 'kubectl')])
  })

  test('come from the cache when KUBEBUILDER_ASSETS lacks one, and that is said', async () => {
    const assets = join(directory, 'assets')
    await fill(assets, ['etcd', 'kube-apiserver', 'kubectl'])
    const cache = await cacheDirectory()
    await fill(cache, ['control-plane'])
    const log = vi.fn<(line: string) => void>()
    const programs = await find({ environment: { XDG_CACHE_HOME: directory, KUBEBUILDER_ASSETS: assets }, log })
    expect(programs['kube-apiserver']).toEqual([join(cache, 'control-plane'), 'kube-apiserver'])
    expect(log.mock.calls).toEqual([[`KUBEBUILDER_ASSETS=${assets} has no kube-controller-manager`]])
  })

  test('are downloaded when the cache is empty, and not built then', async () => {
    const programs = await find({ download: (folder) => fill(folder, programNames) })
    const cache = await cacheDirectory()
    expect(programs.kubectl).toEqual([join(cache, 'kubectl')])
    expect(await find()).toEqual(programs)
    expect(await readdir(dirname(cache))).toEqual([cache.slice(dirname(cache).length + 1)])
  })

  test('are built when they cannot be downloaded', async () => {
    const build = vi.fn<ProgramsSource>((folder) => fill(folder, ['control-plane']))
    const programs = await find({ download: unreachable, build })
    expect(programs.etcd).toEqual([join(await cacheDirectory(), 'control-plane'), 'etcd'])
    expect(build).toHaveBeenCalledWith(expect.any(String), await programVersions(), expect.any(Function))
  })

  test('are never half in the cache: a download that breaks off leaves nothing', async () => {
    const broken: ProgramsSource = async (folder) => {
      await fill(folder, ['etcd', 'kube-apiserver'])
      throw new Error('the connection broke')
    }
    await expect(find({ download: broken, build: noGo })).rejects.toThrow('the connection broke')
    expect(await readdir(dirname(await cacheDirectory()))).toEqual([])
  })

  test('a message names all four ways when none works', async () => {
    const failed = await find({ download: unreachable, build: noGo }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ProgramsUnavailableError)
    expect(String(failed)).toBe(
      `ProgramsUnavailableError: no etcd, kube-apiserver, kube-controller-manager and kubectl for the throwaway cluster:
  - KUBEBUILDER_ASSETS is not set (a directory that has all four)
  - the cache ${await cacheDirectory()} is empty
  - upstream's release binaries: https://dl.k8s.io: getaddrinfo ENOTFOUND
  - go build: there is no go on PATH
Install Go, or let this machine reach dl.k8s.io and github.com, or set KUBEBUILDER_ASSETS.`,
    )
  })

  test('are provided once when several ask at the same time', async () => {
    const build = vi.fn<ProgramsSource>(async (folder) => {
      await sleep(100)
      await fill(folder, ['control-plane'])
    })
    const found = await Promise.all([1, 2, 3].map(() => find({ download: unreachable, build })))
    expect(new Set(found.map((programs) => programs.etcd[0])).size).toBe(1)
    expect(build).toHaveBeenCalledTimes(1)
  })

  test('do not wait for a builder that was killed, and its remains are removed', async () => {
    const cache = await cacheDirectory()
    await fill(`${cache}.partial-killed`, ['control-plane'])
    // No process has this id: Linux and macOS stop far below.
    await writeFile(`${cache}.lock`, '2147483646')
    await find({ download: unreachable, build: (folder) => fill(folder, ['control-plane']) })
    expect(await readdir(dirname(cache))).toEqual([cache.slice(dirname(cache).length + 1)])
  })
})

describe('the cache', () => {
  test("is the platform's own, wherever the environment puts it", () => {
    expect(userCacheDirectory({ HOME: '/home/me' }, 'linux')).toBe('/home/me/.cache')
    expect(userCacheDirectory({ HOME: '/Users/me' }, 'darwin')).toBe('/Users/me/Library/Caches')
    expect(userCacheDirectory({ HOME: '/home/me', XDG_CACHE_HOME: '/cache' }, 'linux')).toBe('/cache')
    expect(userCacheDirectory({ HOME: '/home/me', XDG_CACHE_HOME: 'relative' }, 'linux')).toBe('/home/me/.cache')
  })

  test('is keyed by what the binary is made of', async () => {
    expect(await cacheDirectory()).toMatch(/\/cdk8s-database\/control-plane\/[0-9a-f]{16}$/)
    expect(await programVersions()).toEqual({ kubernetes: 'v1.36.2', etcd: 'v3.6.8' })
  })
})
