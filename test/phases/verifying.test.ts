import { describe, expect, it } from 'vitest'
import type { ConfigurationInUse } from '../../src/api/configuration-in-use.ts'
import { RELOAD_DEADLINE_MS, RELOAD_POLL_MS } from '../../src/phases/configuration.ts'
import { decide } from '../../src/phases/decide.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import type { VerificationObservation, World } from '../../src/phases/world.ts'
import {
  aPod,
  condition,
  judgement,
  NOW,
  readyWorld,
  runningWorld,
  secondsAfter,
  withSpec,
  withStatus,
} from './worlds.ts'

const passed = (world: World): VerificationObservation => ({
  ok: true,
  subject: verificationSubject(world),
  at: world.now,
  serverVersion: '16.4',
})

const failed = (
  world: World,
  reason = 'PasswordRejected',
  message = 'the server does not accept the password of role orders_app',
): VerificationObservation => ({ ok: false, subject: verificationSubject(world), at: world.now, reason, message })

const CONF = "max_connections = '100'\n\ncdk8s_database.config_hash = 'abc'\n"

/** A world whose ConfigMap brings settings, after a login that found that out about them. */
const configured = (found?: ConfigurationInUse, world = runningWorld()): World => {
  const children = world.children.map((child) =>
    child.object.kind === 'ConfigMap'
      ? { ...child, object: { ...child.object, data: { 'postgresql.conf': CONF } } }
      : child,
  )
  const bare = { ...world, children }
  if (found === undefined) return bare
  return { ...bare, verification: { ...passed(bare), configuration: found } as VerificationObservation }
}

describe('settings that a running server takes over', () => {
  it('are asked for by the login, which is about them', () => {
    const world = configured()
    expect(verificationSubject(world)).toContain('configuration abc')
    expect(decide(world).effects).toStrictEqual([
      { type: 'verify', subject: verificationSubject(world), configuration: CONF },
    ])
  })

  it('are ready when the server runs with them', () => {
    const decision = decide(configured({ state: 'in-use' }))
    expect(judgement(decision, 'Ready')).toBe('True AllChecksPassed')
    expect(judgement(decision, 'Degraded')).toBe('False AsExpected')
  })

  it('are waited for while they are on their way, and asked for again every few seconds', () => {
    const world = configured({ state: 'not-loaded', message: 'other settings.' })
    const waiting = decide(world)
    expect(waiting.status.phase).toBe('Verifying')
    expect(judgement(waiting, 'Ready')).toBe('False WaitingForReload')
    expect(judgement(waiting, 'Reconciling')).toBe('True WaitingForReload')
    expect(judgement(waiting, 'Available')).toBe('True LoginSucceeded')
    expect(judgement(waiting, 'Degraded')).toBe('False AsExpected')
    expect([waiting.effects, waiting.next]).toStrictEqual([[], { type: 'change', withinMs: RELOAD_POLL_MS }])
    const later = decide({ ...withStatus(world, waiting), now: secondsAfter(world.now, 2) })
    expect(later.effects).toMatchObject([{ type: 'verify', configuration: CONF }])
    expect(later.next).toStrictEqual({ type: 'now' })
  })

  it('are missed when they do not come, and asked for all the same', () => {
    let world = configured({ state: 'not-loaded', message: 'other settings.' })
    world = withStatus(world, decide(world))
    const late = decide({ ...world, now: secondsAfter(world.now, RELOAD_DEADLINE_MS / 1000 + 1) })
    expect(judgement(late, 'Ready')).toBe('False ConfigurationNotInUse')
    expect(judgement(late, 'Degraded')).toBe('True ConfigurationNotInUse')
    expect(late.effects).toMatchObject([{ type: 'verify' }])
  })

  it('stop the run when the server takes nothing of the file, and clients go on', () => {
    const decision = decide(configured({ state: 'refused', message: 'PostgreSQL 16 does not know x' }))
    expect(decision.next).toStrictEqual({ type: 'stalled', reason: 'ConfigurationRefused' })
    expect(decision.status.phase).toBe('Verifying')
    expect(judgement(decision, 'Stalled')).toBe('True ConfigurationRefused')
    expect(judgement(decision, 'Available')).toBe('True LoginSucceeded')
  })

  it.each([
    ['pending-restart', 'PendingRestart'],
    ['not-in-effect', 'ParameterNotInEffect'],
  ] as const)('that are %s are told by a database that is Ready and Degraded, and restart nothing', (state, reason) => {
    const world = configured({ state, message: 'max_connections will change' })
    const decision = decide(world)
    expect(decision.status).toMatchObject({ phase: 'Ready', ready: true })
    expect(judgement(decision, 'Ready')).toBe(`True ${reason}`)
    expect(judgement(decision, 'Degraded')).toBe(`True ${reason}`)
    expect([decision.effects, decision.next]).toStrictEqual([[], { type: 'done' }])
    // What was abnormal may have ended since: another run looks again.
    const { verification: _, ...again } = withStatus(world, decision)
    expect(decide({ ...again, verification: undefined }).effects).toMatchObject([{ type: 'verify' }])
  })
})

describe('a collation of another version', () => {
  it('makes a database that clients can use degraded, and is looked at again by the next run', () => {
    const world = runningWorld()
    const collation = { recorded: '2.36', actual: '2.41' }
    const decision = decide({
      ...world,
      verification: { ok: true, subject: verificationSubject(world), at: NOW, serverVersion: '16.4', collation },
    })
    expect(decision.status).toMatchObject({ phase: 'Ready', ready: true })
    expect(judgement(decision, 'Degraded')).toBe('True CollationVersionMismatch')
    expect(condition(decision, 'Degraded')?.message).toContain('version 2.36 of the collation, and is by version 2.41')
    expect(judgement(decision, 'Available')).toBe('True LoginSucceeded')
    const again = withStatus(world, decision)
    expect(decide({ ...again, verification: undefined }).effects).toMatchObject([{ type: 'verify' }])
  })
})

describe('Verifying', () => {
  it('logs in before anything is called ready', () => {
    const world = runningWorld()
    const decision = decide(world)
    expect(decision.status).toMatchObject({ phase: 'Verifying', ready: false })
    expect(decision.effects).toStrictEqual([{ type: 'verify', subject: verificationSubject(world) }])
    expect(decision.next).toStrictEqual({ type: 'now' })
  })

  it('ends in Ready after a login that succeeded', () => {
    const world = runningWorld()
    const decision = decide({ ...world, verification: passed(world) })
    expect(decision.status).toMatchObject({ phase: 'Ready', ready: true, postgresVersion: '16.4' })
    expect(judgement(decision, 'Ready')).toBe('True AllChecksPassed')
    expect(judgement(decision, 'Available')).toBe('True LoginSucceeded')
  })

  it('repeats a failed login with back-off and says why it failed', () => {
    let world = runningWorld()
    const delays: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const decision = decide({ ...world, verification: failed(world) })
      expect(judgement(decision, 'Ready')).toBe('False PasswordRejected')
      expect(judgement(decision, 'Available')).toBe('False PasswordRejected')
      expect(decision.effects).toStrictEqual([])
      expect(decision.status.retries).toBe(attempt + 1)
      if (decision.next.type === 'after') delays.push(decision.next.delayMs / 1000)
      world = { ...withStatus({ ...world, verification: failed(world) }, decision) }
      world = { ...world, now: secondsAfter(world.now, delays.at(-1) ?? 0) }
      const due = decide(world)
      expect(due.effects).toMatchObject([{ type: 'verify' }])
      // The same words while it is tried again: nothing is written for an attempt.
      expect(due.status).toStrictEqual(world.database.status)
    }
    expect(delays).toStrictEqual([5, 10, 20, 40, 80, 160, 300, 300])
  })

  it('does not try earlier because the status write was seen', () => {
    let world = runningWorld()
    world = { ...world, verification: failed(world) }
    world = withStatus(world, decide(world))
    expect(decide({ ...world, now: secondsAfter(NOW, 3) })).toStrictEqual({
      status: world.database.status,
      effects: [],
      next: { type: 'after', delayMs: 2000, reason: 'BackOff' },
    })
  })

  it('forgets the failures once a login succeeded', () => {
    let world = runningWorld()
    world = withStatus({ ...world, verification: failed(world) }, decide({ ...world, verification: failed(world) }))
    world = { ...world, now: secondsAfter(NOW, 5) }
    const { status } = decide({ ...world, verification: passed(world) })
    expect(status).toMatchObject({ phase: 'Ready' })
    expect(status).not.toHaveProperty('retries')
    expect(status).not.toHaveProperty('nextRetryTime')
  })

  it('says that nothing was verified where a run verifies nothing', () => {
    const decision = decide(runningWorld({ verification: { ok: 'skipped' } }))
    expect(decision.status).toMatchObject({ phase: 'Ready', ready: true })
    expect(judgement(decision, 'Ready')).toBe('True NotVerified')
    expect(condition(decision, 'Ready')?.message).toContain('Nothing was verified')
    expect(judgement(decision, 'Available')).toBe('Unknown NotVerified')
  })

  it.each(['LoginRejected', 'WrongOwner'])('does not take back a known %s where a run verifies nothing', (reason) => {
    let world = runningWorld()
    world = { ...world, verification: failed(world, reason, 'the server said no') }
    world = withStatus(world, decide(world))
    // Another run: it remembers nothing, and its first pass only finds out that it verifies nothing.
    world = { ...world, now: secondsAfter(NOW, 60), verification: undefined, retryRequested: true }
    const first = decide(world)
    expect(first.effects).toMatchObject([{ type: 'verify' }])
    world = { ...withStatus(world, first), verification: { ok: 'skipped' }, retryRequested: false }
    const decision = decide(world)
    expect(decision).toMatchObject({ status: { phase: 'Verifying', ready: false }, next: { type: 'stalled', reason } })
    expect(judgement(decision, 'Ready')).toBe(`False ${reason}`)
    expect(judgement(decision, 'Available')).toBe(`False ${reason}`)
    expect(condition(decision, 'Ready')?.message).toBe(
      'the server said no. It was not looked at again: this run verifies nothing.',
    )
    expect(decide(withStatus(world, decision)).status).toStrictEqual(decision.status)
    // A run that does log in finds what is true.
    world = { ...withStatus(world, decision), verification: undefined, retryRequested: true }
    world = { ...withStatus(world, decide(world)), retryRequested: false }
    expect(decide({ ...world, verification: passed(world) }).status).toMatchObject({ phase: 'Ready', ready: true })
  })

  it('lets a run that verifies nothing go on where there was no way to the server', () => {
    let world = runningWorld()
    world = { ...world, verification: failed(world, 'Unreachable', 'no way') }
    world = withStatus(world, decide(world))
    world = { ...world, now: secondsAfter(NOW, 60), verification: undefined, retryRequested: true }
    world = { ...withStatus(world, decide(world)), verification: { ok: 'skipped' }, retryRequested: false }
    expect(judgement(decide(world), 'Ready')).toBe('True NotVerified')
  })

  it('is shown even where a run verifies nothing', () => {
    const world = runningWorld({ verification: { ok: 'skipped' } })
    const { status } = world.database
    const decision = decide({ ...world, database: { ...world.database, status: { ...status, phase: 'Deploying' } } })
    expect(decision).toMatchObject({ status: { phase: 'Verifying' }, effects: [], next: { type: 'now' } })
  })
})

describe('a Ready database is verified again when', () => {
  const late = '2026-11-21T12:30:00Z'
  const changes: readonly (readonly [string, (world: World) => World])[] = [
    [
      'the password may have changed',
      (world) => ({ ...world, credentials: { ...world.credentials, changedAt: late } }),
    ],
    [
      'a server process started',
      (world) => ({
        ...world,
        pods: [
          aPod({ status: { containerStatuses: [{ name: 'postgres', state: { running: { startedAt: late } } }] } }),
        ],
      }),
    ],
    ['its pod was replaced', (world) => ({ ...world, pods: [aPod({ uid: 'new', status: { startTime: late } })] })],
    [
      'its status does not say what the last login was about',
      (world) => {
        const { verifiedSubject: _, ...status } = world.database.status ?? {}
        return { ...world, database: { ...world.database, status } }
      },
    ],
    [
      'an earlier run verified nothing',
      () => {
        const world = runningWorld({ verification: { ok: 'skipped' } })
        return { ...withStatus(world, decide(world)), verification: undefined }
      },
    ],
  ]
  it.each(changes)('%s', (_, change) => {
    const world = change(readyWorld())
    const decision = decide(world)
    expect(decision.effects).toMatchObject([{ type: 'verify' }])
    expect(decision.status).toEqual(world.database.status)
  })

  it('and Ready falls when that login fails', () => {
    const world = { ...readyWorld(), credentials: { ...readyWorld().credentials, changedAt: late } }
    const [effect] = decide(world).effects
    const subject = effect?.type === 'verify' ? effect.subject : ''
    const verification = { ok: false, reason: 'LoginRejected', message: 'no', subject, at: world.now } as const
    const decision = decide({ ...world, verification })
    expect(decision.status.phase).toBe('Verifying')
    expect(judgement(decision, 'Ready')).toBe('False LoginRejected')
  })

  it('a login of this run was about another server process', () => {
    const world = readyWorld()
    const verification = passed({ ...world, pods: [aPod({ uid: 'earlier' })] })
    expect(decide({ ...world, verification }).effects).toMatchObject([{ type: 'verify' }])
  })

  it('a failed login is about the password of then, and another one is there now', () => {
    let world = runningWorld()
    world = { ...world, verification: failed(world) }
    world = { ...withStatus(world, decide(world)), now: secondsAfter(NOW, 6) }
    const corrected = { ...world, credentials: { ...world.credentials, changedAt: secondsAfter(NOW, 4) } }
    expect(decide(corrected).effects).toMatchObject([{ type: 'verify', subject: verificationSubject(corrected) }])
  })

  it('not when a pod and the status are of the same second', () => {
    const pods = [aPod({ status: { startTime: NOW } })]
    let world = runningWorld({ pods })
    world = withStatus(world, decide(world))
    world = withStatus(world, decide({ ...world, verification: passed(world) }))
    expect(decide({ ...world, verification: undefined })).toMatchObject({ status: { phase: 'Ready' }, effects: [] })
  })

  it('not when nothing happened since', () => {
    expect(decide(readyWorld())).toMatchObject({ status: { phase: 'Ready' }, effects: [] })
  })

  it('the spec changed, even in what no child shows', () => {
    const world = withSpec(readyWorld(), { deletionPolicy: 'Delete' })
    const updating = decide(world)
    expect(updating).toMatchObject({
      status: { phase: 'Updating', observedGeneration: 2 },
      effects: [],
      next: { type: 'now' },
    })
    expect(decide(withStatus(world, updating))).toMatchObject({
      status: { phase: 'Verifying' },
      effects: [{ type: 'verify' }],
    })
  })
})
