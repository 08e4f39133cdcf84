import { describe, expect, test } from 'vitest'
import { commandLine, ContainerConfigError, localEnvironment, resolveEnvironment } from './environment.ts'
import type { EnvironmentSources } from './environment.ts'
import type { Container } from './objects.ts'

const sources: EnvironmentSources = {
  namespace: 'shop',
  secret: async (name) => (name === 'login' ? { username: 'app', password: 'p$(A)' } : undefined),
  configMap: async (name) => (name === 'settings' ? { A: 'from-map', B: '2' } : undefined),
  field: (path) => `<${path}>`,
  resource: ({ resource }) => `<${resource}>`,
}
const container = (rest: Partial<Container>): Container => ({ name: 'main', image: 'postgres:18', ...rest })
const resolve = (rest: Partial<Container>): Promise<Readonly<Record<string, string>>> =>
  resolveEnvironment(container(rest), sources)

describe('the environment of a container', () => {
  test('takes values from everywhere, and env wins over envFrom', async () => {
    const values = await resolve({
      envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'DB_', secretRef: { name: 'login' } }],
      env: [
        { name: 'A', value: 'own' },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
        { name: 'USER', valueFrom: { secretKeyRef: { name: 'login', key: 'username' } } },
      ],
    })
    expect(values).toEqual({
      A: 'own',
      B: '2',
      DB_username: 'app',
      DB_password: 'p$(A)',
      POD: '<metadata.name>',
      MEMORY: '<limits.memory>',
      USER: 'app',
    })
  })

  test('expands references to variables declared before, not to later ones, and nothing in Secrets', async () => {
    const values = await resolve({
      env: [
        { name: 'EARLY', value: '$(ROOT)/x' },
        { name: 'ROOT', value: '/data' },
        { name: 'LATE', value: '$(ROOT)/x' },
        { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
      ],
    })
    expect(values).toEqual({ EARLY: '$(ROOT)/x', ROOT: '/data', LATE: '/data/x', SECRET: 'p$(A)' })
  })

  test.each([
    [{ secretKeyRef: { name: 'gone', key: 'k' } }, 'secret "gone" not found'],
    [{ configMapKeyRef: { name: 'gone', key: 'k' } }, 'configmap "gone" not found'],
    [{ secretKeyRef: { name: 'login', key: 'k' } }, "couldn't find key k in Secret shop/login"],
    [{ configMapKeyRef: { name: 'settings', key: 'k' } }, "couldn't find key k in ConfigMap shop/settings"],
  ])('says in the words of the kubelet what is missing: %j', async (valueFrom, message) => {
    const resolving = resolve({ env: [{ name: 'X', valueFrom }] })
    await expect(resolving).rejects.toThrow(ContainerConfigError)
    await expect(resolving).rejects.toThrow(message)
  })

  test('leaves out what is missing and optional', async () => {
    const values = await resolve({
      envFrom: [{ secretRef: { name: 'gone', optional: true } }],
      env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'login', key: 'k', optional: true } } }],
    })
    expect(values).toEqual({})
  })
})

describe('the environment of the process', () => {
  const surroundings = { mappings: [{ containerPath: '/data', hostPath: '/host/pv-1' }], port: 40_001 }

  test('names volume directories, its own port and the loopback address', () => {
    const values = { PGDATA: '/data/18/docker', PGPORT: '5432', PGLISTEN: '*', OTHER: 'x=/data' }
    expect(localEnvironment(values, surroundings)).toEqual({
      PGDATA: '/host/pv-1/18/docker',
      PGPORT: '40001',
      PGLISTEN: '127.0.0.1',
      OTHER: 'x=/data',
    })
  })

  test('reaches command and arguments through their references', () => {
    const local = localEnvironment({ PGDATA: '/data/18' }, surroundings)
    const spec = container({ command: ['postgres', '-D', '$(PGDATA)'], args: ['-p', '$(PGPORT)', '/data/18'] })
    expect(commandLine(spec, local)).toEqual(['postgres', '-D', '/host/pv-1/18', '-p', '40001', '/data/18'])
  })
})
