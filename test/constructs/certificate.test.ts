import { X509Certificate } from 'node:crypto'
import { App, Chart } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { podHost, serviceHost, standbyPodName } from '../../src/api/names.ts'
import { certificateHosts } from '../../src/constructs/certificate.ts'
import { Database } from '../../src/constructs/database.ts'
import type { TlsProps } from '../../src/constructs/tls-props.ts'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'

function synthesise(tls: TlsProps): unknown {
  const app = new App()
  const chart = new Chart(app, 'chart', { namespace: 'shop' })
  const storage = { size: '1Gi' }
  new Database(chart, 'orders', {
    image: 'postgres:18.4-trixie',
    databaseName: 'orders',
    username: 'app',
    storage,
    tls,
  })
  return app.synthYaml()
}

describe('the certificate that cert-manager is asked for', () => {
  test('is for every name under which a client reaches the database, and for no other', () => {
    const hosts = certificateHosts('orders', 'shop')
    const authority = createCertificateAuthority('authority')
    const { certificate } = issueCertificate(authority, { commonName: 'orders', hosts })
    const isFor = (host: string): boolean => new X509Certificate(certificate).checkHost(host) !== undefined
    const names = ['orders', 'orders.shop', 'orders.shop.svc', serviceHost('orders', 'shop'), 'orders-ro.shop']
    const pods = [podHost('orders', 0, 'shop'), `${standbyPodName('orders', 1)}.orders-pods.shop.svc.cluster.local`]
    expect([...names, ...pods].filter((host) => !isFor(host))).toEqual([])
    expect(['invoices.shop', serviceHost('orders', 'bank'), 'shop'].filter(isFor)).toEqual([])
  })

  test('is asked for, or a Secret is named: not both', () => {
    const both = { secretName: 'mine', certManager: { issuer: { name: 'internal' } } } as const
    // @ts-expect-error -- one of the two
    expect(() => synthesise(both)).toThrow('tls names either secretName or certManager')
    // @ts-expect-error -- at least one of the two
    expect(() => synthesise({})).toThrow('tls.secretName')
  })

  test('needs an issuer, and lifetimes that Go can read', () => {
    const issuer = { name: 'internal' }
    expect(() => synthesise({ certManager: { issuer: { name: '' } } })).toThrow('tls.certManager.issuer.name')
    expect(() => synthesise({ certManager: { issuer, duration: '90 days' } })).toThrow('for example 2160h')
    expect(synthesise({ certManager: { issuer } })).toContain('secretName: orders-tls')
  })
})
