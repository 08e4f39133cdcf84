import { describe, expect, it } from 'vitest'
import { ROTATE_ANNOTATION } from '../../src/api/group.ts'
import { decide } from '../../src/phases/decide.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import type { VerificationObservation, World } from '../../src/phases/world.ts'
import {
  aPod,
  anUnreadyPod,
  condition,
  judgement,
  readyWorld,
  runningWorld,
  secondsAfter,
  withStatus,
} from './worlds.ts'

const asked = (world: World, request = 'monday'): World => {
  const { database } = world
  const annotations = { ...database.metadata.annotations, [ROTATE_ANNOTATION]: request }
  return { ...world, database: { ...database, metadata: { ...database.metadata, annotations } } }
}

const withSecret = (world: World, change: Partial<World['credentials']>): World => ({
  ...world,
  credentials: { ...world.credentials, ...change },
})

const failed = (world: World, reason: string): VerificationObservation => ({
  ok: false,
  subject: verificationSubject(world),
  at: world.now,
  reason,
  message: 'said so',
})

const effects = (world: World): string[] => decide(world).effects.map(({ type }) => type)

describe('a rotation', () => {
  it('that the annotation asks for begins with a password beside the current one', () => {
    const world = asked(readyWorld())
    const decision = decide(world)
    expect(decision.status.phase).toBe('Updating')
    expect(judgement(decision, 'Ready')).toBe('False RotatingCredentials')
    expect(decision.effects).toStrictEqual([
      { type: 'stage-password', request: 'monday', subject: verificationSubject(world) },
    ])
  })

  it('does not say that nobody can log in: the current password opens the server meanwhile', () => {
    expect(judgement(decide(asked(readyWorld())), 'Available')).toBe('True LoginSucceeded')
  })

  it('goes on where a password is staged, whatever is asked for by then', () => {
    const world = asked(withSecret(readyWorld(), { rotation: 'staged', rotatedFor: 'monday' }), 'tuesday')
    expect(decide(world).effects).toStrictEqual([{ type: 'rotate-password', subject: verificationSubject(world) }])
    expect(effects(withSecret(world, { rotation: undefined } as object))).toStrictEqual(['stage-password'])
  })

  it('is not asked for by a value that was answered, by none, or of a Secret that somebody else keeps', () => {
    expect(effects(asked(withSecret(readyWorld(), { rotatedFor: 'monday' })))).toStrictEqual([])
    expect(effects(asked(readyWorld(), ''))).toStrictEqual([])
    expect(effects(asked(withSecret(readyWorld(), { source: 'existing' })))).toStrictEqual([])
  })

  it('follows a person who has written another password into the generated Secret', () => {
    const world = withSecret(readyWorld(), { rotation: 'edited', changedAt: secondsAfter(readyWorld().now, -5) })
    expect(effects(world)).toStrictEqual(['rotate-password'])
    expect(decide(world).status.phase).toBe('Updating')
  })

  it('of an edited Secret comes before one that is asked for: staging would write over what tells the former password', () => {
    expect(effects(asked(withSecret(readyWorld(), { rotation: 'edited' })))).toStrictEqual(['rotate-password'])
  })

  it('waits until the pod is ready', () => {
    const world = asked(readyWorld({ pods: [anUnreadyPod({ postgres: { state: { running: {} } } })] }))
    expect(effects(world)).toStrictEqual([])
    expect(decide(world).status.phase).toBe('Updating')
  })

  it('of a database that was never Ready is a part of Deploying', () => {
    const world = withSecret(runningWorld(), { rotation: 'edited' })
    expect(decide(world).status.phase).toBe('Deploying')
    expect(effects(world)).toStrictEqual(['rotate-password'])
  })

  it('tries the former password of somebody else only after the server rejected the current one', () => {
    const world = withSecret(runningWorld({ pods: [aPod()] }), { source: 'existing', rotation: 'possible' })
    expect(effects(world)).toStrictEqual(['verify'])
    const rejected = { ...world, verification: failed(world, 'LoginRejected') }
    expect(decide(rejected).effects).toStrictEqual([{ type: 'rotate-password', subject: verificationSubject(world) }])
    expect(effects({ ...world, verification: failed(world, 'Unreachable') })).toStrictEqual([])
  })

  it('that was rejected is repeated with back-off and says so', () => {
    let world = withSecret(readyWorld(), { rotation: 'edited' })
    const pauses: number[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const observed = { ...world, verification: failed(world, 'RotationRejected') }
      const decision = decide(observed)
      expect(decision.effects).toStrictEqual([])
      expect(judgement(decision, 'Ready')).toBe('False RotationRejected')
      expect(judgement(decision, 'Available')).toBe('False RotationRejected')
      if (decision.next.type === 'after') pauses.push(decision.next.delayMs / 1000)
      const shown = withStatus(observed, decision)
      expect(effects(shown)).toStrictEqual([])
      world = { ...shown, now: secondsAfter(shown.now, pauses.at(-1) ?? 0) }
      expect(effects(world)).toStrictEqual(['rotate-password'])
    }
    expect(pauses).toStrictEqual([5, 10, 20, 40])
  })

  it('is left for another run by one that makes no login', () => {
    const world = asked(readyWorld({ verification: { ok: 'skipped' } }))
    expect(effects(world)).toStrictEqual([])
    expect(decide(world).status.phase).toBe('Ready')
  })

  it('is not begun while the database is paused', () => {
    const world = asked(readyWorld())
    expect(
      effects({ ...world, database: { ...world.database, spec: { ...world.database.spec, paused: true } } }),
    ).toEqual([])
  })
})

describe('a login that is rejected', () => {
  it('says how to tell the former password, where none is known', () => {
    const world = readyWorld()
    const decision = decide({ ...world, verification: failed(world, 'LoginRejected') })
    expect(condition(decision, 'Ready')?.message).toBe(
      'said so. If the password in Secret orders-credentials was changed, put the one before it beside it, under the key previous-password.',
    )
  })
})
