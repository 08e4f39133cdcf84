import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { conflictRefusal } from '../../../src/applier/planning/conflict-report.ts'
import { declined, takeOverProposal } from '../../../src/applier/consent.ts'
import type { PlannedItem, Subject } from '../../../src/applier/planning/planned-item.ts'
import { conflictsOf } from '../../../src/plan/field-conflict.ts'
import type { Event } from '../../../src/report/event.ts'

const object = (kind: string, spec: object): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'orders' },
  spec,
})
const subject = (body: KubernetesObject, owner?: string): Subject => ({
  item: { object: body, reference: { apiVersion: 'apps/v1', kind: body.kind, name: 'orders', namespace: 'shop' } },
  body,
  ...(owner === undefined ? {} : { owner: { name: owner } }),
})
const remedyOf = (kind: string, field: string, owner?: string): string => {
  const body = object(kind, {})
  const conflicts = conflictsOf([{ field, manager: 'scaler' }], body, undefined)
  return conflictRefusal(subject(body, owner), conflicts, (flag) => `again ${flag}`).remedy
}

describe('the way to leave a field to its owner', () => {
  test.each([
    ['StatefulSet', '.spec.replicas', 'statefulSet.replicas'],
    ['StatefulSet', '.spec.template.spec.containers[name="postgres"].resources.limits.memory', 'statefulSet.resources'],
    ['Service', '.spec.type', 'service.type'],
    ['NetworkPolicy', '.spec.ingress', 'networkPolicy.ingress'],
  ])('of a child %s is a property of its Database: %s', (kind, field, name) => {
    expect(remedyOf(kind, field, 'orders')).toMatch(
      `leave it to them: add handedOver: [${name}] to Database orders; see docs/runbooks/hand-over.md\n`,
    )
  })

  test('is the manifest where no property hands it over, and for an object of no Database', () => {
    expect(remedyOf('StatefulSet', '.spec.minReadySeconds', 'orders')).toMatch('remove spec.minReadySeconds from')
    expect(remedyOf('StatefulSet', '.spec.replicas')).toMatch('remove spec.replicas from the manifest\n')
  })
})

describe('taking over', () => {
  const planned = (takesOver: boolean): PlannedItem => {
    const { item, body } = subject(object('Service', {}))
    return { item, body, live: body, verdict: 'update', proof: 'dry-run', differences: [], takesOver }
  }

  test('is a question only where something is taken over, and names it', async () => {
    expect(takeOverProposal([planned(false)])).toBeUndefined()
    const proposal = takeOverProposal([planned(true)])
    if (proposal === undefined) throw new Error('nothing to ask')
    const [questions, events]: [string[], Event[]] = [[], []]
    const reporter = { report: (event: Event): void => void events.push(event), close: (): void => undefined }
    const answer = (yes: boolean) => (question: string) => {
      questions.push(question)
      return Promise.resolve(yes)
    }
    expect(await declined(proposal, answer(true), reporter)).toBeUndefined()
    expect(events).toEqual([])
    expect(await declined(proposal, answer(false), reporter)).toBe(5)
    expect(questions[0]).toBe('This takes Service shop/orders from whoever made it. Go on?')
    expect(events).toEqual([expect.objectContaining({ type: 'failed', subject: '--take-over', exitCode: 5 })])
  })
})
