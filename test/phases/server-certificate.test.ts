/** A certificate as the phases see it: waited for, looked at again in time, and told of before it ends. */
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import type { CertificateObservation, World } from '../../src/phases/world.ts'
import { childrenWith, condition, readyWorld, secondsAfter, seenWorld, withSpec, withStatus } from './worlds.ts'

const DAY = 86_400
/** The moment of every Ready world. */
const NOW = readyWorld().now
/** Fourteen minutes and some seconds. */
const WHILE = 864
const TLS = { tls: { secretName: 'orders-tls' } }

const certificate = (days: number, change: Partial<CertificateObservation> = {}): CertificateObservation => ({
  secretName: 'orders-tls',
  state: 'complete',
  fingerprint: `of ${days} days`,
  expires: secondsAfter(NOW, Math.round(days * DAY)),
  ...change,
})

/** What a login found: the certificate of the Secret, or an older one. */
const loggedIn = (world: World, isWanted = true): World => ({
  ...world,
  verification: {
    ok: true,
    at: world.now,
    serverVersion: '16.4',
    subject: verificationSubject(world),
    certificate: { expires: world.certificate?.expires ?? '', isWanted },
  },
})

/** A database that is Ready with a certificate of so many days. */
function encryptedWorld(days: number): World {
  const world = withSpec({ ...readyWorld(), certificate: certificate(days) }, TLS)
  const verifying = { ...world.database, status: { ...world.database.status, phase: 'Verifying' as const } }
  const shown = loggedIn({ ...world, database: verifying })
  return withStatus(shown, decide(shown))
}

const reason = (world: World): string | undefined => condition(decide(world), 'Ready')?.reason
const at = (world: World, seconds: number): World => ({ ...world, now: secondsAfter(NOW, seconds) })

describe('a certificate that cannot be used', () => {
  it.each([
    ['TlsSecretMissing', certificate(30, { state: 'absent' })],
    ['TlsSecretIncomplete', certificate(30, { state: 'incomplete', problem: 'has no tls.key' })],
    ['TlsSecretInvalid', certificate(30, { state: 'invalid', problem: 'holds no certificate in PEM under tls.crt' })],
  ])('is waited for as %s, before anything is made and before anything that runs is changed', (expected, observed) => {
    const fresh = withSpec(seenWorld(), TLS)
    const running = withSpec({ ...readyWorld(), children: childrenWith('StatefulSet', 'update') }, TLS)
    for (const world of [fresh, running]) {
      const decision = decide({ ...world, certificate: observed })
      expect(condition(decision, 'Ready')).toMatchObject({ status: 'False', reason: expected })
      expect(condition(decision, 'Reconciling')?.status).toBe('True')
      expect(decision.effects).toStrictEqual([])
      expect(decision.next).toStrictEqual({ type: 'change', withinMs: 5000 })
    }
  })
})

describe('a Ready database with a certificate', () => {
  it('is looked at again within the hour, for a renewal that nothing tells of', () => {
    const world = encryptedWorld(60)
    expect(reason(world)).toBe('AllChecksPassed')
    expect(decide(world).next).toStrictEqual({ type: 'done', lookAgainMs: 3_600_000 })
    expect(decide(world).status.certificateExpires).toBe(secondsAfter(NOW, 60 * DAY))
    // Looking writes nothing.
    expect(decide(at(world, 3600)).status).toStrictEqual(world.database.status)
  })

  it('logs in again as soon as another certificate is in the Secret, and stays Ready until the server presents it', () => {
    const renewed = { ...encryptedWorld(60), certificate: certificate(90) }
    expect(decide(renewed)).toMatchObject({ status: { phase: 'Ready' }, effects: [{ type: 'verify' }] })
    const waiting = decide(loggedIn(renewed, false))
    expect(waiting).toMatchObject({ status: { phase: 'Ready', ready: true }, next: { type: 'change' } })
    expect(condition(waiting, 'Ready')).toMatchObject({ status: 'True', reason: 'WaitingForReload' })
    expect(condition(waiting, 'Reconciling')?.status).toBe('True')
    // A run that begins meanwhile takes nobody's word for it.
    const begun = withStatus({ ...renewed, verification: undefined }, waiting)
    expect(decide(begun).effects).toMatchObject([{ type: 'verify' }])
    const late = decide(loggedIn(at(withStatus(loggedIn(renewed, false), waiting), 181), false))
    expect(late).toMatchObject({ status: { phase: 'Ready' } })
    expect(condition(late, 'Degraded')).toMatchObject({ status: 'True', reason: 'ConfigurationNotInUse' })
    const done = decide(loggedIn(renewed))
    expect(done.status).toMatchObject({ phase: 'Ready', certificateExpires: secondsAfter(NOW, 90 * DAY) })
  })

  it('is Degraded from seven days before its end, and looked at just then', () => {
    const world = encryptedWorld(7 + WHILE / DAY)
    const { next } = decide(world)
    expect(next).toStrictEqual({ type: 'done', lookAgainMs: WHILE * 1000 })
    const later = at(world, WHILE)
    expect(condition(decide(later), 'Ready')).toMatchObject({ status: 'True', reason: 'CertificateExpiresSoon' })
    expect(condition(decide(later), 'Degraded')?.status).toBe('True')
  })

  it('is asked for a login when its certificate has ended, however well the last one went', () => {
    const world = encryptedWorld(WHILE / DAY)
    expect(decide(world).next).toStrictEqual({ type: 'done', lookAgainMs: WHILE * 1000 })
    const ended = at(world, WHILE)
    expect(decide(ended)).toMatchObject({ status: { phase: 'Ready' }, effects: [{ type: 'verify' }] })
    const refused = { ok: false, at: ended.now, reason: 'CertificateExpired', message: 'certificate has expired' }
    const failed = { ...ended, verification: { ...refused, subject: verificationSubject(ended), attempts: 1 } }
    expect(reason(failed as World)).toBe('CertificateExpired')
  })
})
