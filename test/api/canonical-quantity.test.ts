import { afterAll, describe, expect, test } from 'vitest'
import { canonicalQuantity } from '../../src/api/canonical-quantity.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'

const NUMBERS = ['0', '1', '1.0', '.5', '0.5', '1.5', '1000', '1024', '1500', '1023', '100000', '0.0005', '12345678901']
const SUFFIXES = ['', 'm', 'u', 'n', 'k', 'M', 'G', 'T', 'P', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E0', 'E']

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'quantities')
const { server, certificateAuthority, adminToken: token } = controlPlane
const api = new ApiClient({ server, certificateAuthority, token })
afterAll(() => api.close())

describe('the canonical form of a quantity', () => {
  test('is what the server writes, wherever it is known', async () => {
    const texts = SUFFIXES.flatMap((suffix) => NUMBERS.map((number) => `${number}${suffix}`))
    // Not in a map of resources: there the server rounds to thousandths.
    const volumes = texts.map((sizeLimit, index) => ({ name: `v${index}`, emptyDir: { sizeLimit } }))
    const reply = await api.create<{ template: { spec: { volumes: { emptyDir: { sizeLimit: string } }[] } } }>(
      `/api/v1/namespaces/${namespace}/podtemplates`,
      {
        metadata: { name: 'all' },
        template: {
          metadata: { labels: { app: 'a' } },
          spec: { volumes, containers: [{ name: 'main', image: 'example.com/main:1' }] },
        },
      },
      { dryRun: 'All' },
    )
    const wrong = texts.flatMap((text, index) => {
      const stored = reply.template.spec.volumes[index]?.emptyDir.sizeLimit
      const canonical = canonicalQuantity(text)
      return canonical === undefined || canonical === stored ? [] : [`${text}: ${canonical}, not ${stored}`]
    })
    expect(wrong).toEqual([])
    const known = texts.filter((text) => canonicalQuantity(text) !== undefined)
    expect(known.length).toBeGreaterThan(texts.length * 0.7)
  })

  test.each([
    ['1024Mi', '1Gi'],
    ['1000m', '1'],
    [2, '2'],
    [0.5, '500m'],
    ['1.5Gi', '1536Mi'],
    ['0.3Gi', '322122547200m'],
    ['1E', '1E'],
    ['0Mi', '0'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  test.each(['', 'x', '1e3', '-1', '99999999E', '1 Gi'])('of %j is not known', (text) => {
    expect(canonicalQuantity(text)).toBeUndefined()
  })
})
