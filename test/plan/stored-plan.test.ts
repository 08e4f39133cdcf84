import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/api/input-error.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import { formatStoredPlan, parseStoredPlan } from '../../src/plan/stored-plan.ts'
import type { PlanFacts } from '../../src/plan/stored-plan.ts'

const change = (name: string, more: Partial<PlannedChange> = {}): PlannedChange => ({
  object: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name },
  action: 'update',
  proof: 'dry-run',
  differences: [
    {
      path: 'spec.replicas',
      before: 2,
      after: 1,
      owners: [{ manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T00:00:00Z' }],
      impact: 'restart',
    },
    { path: 'metadata.labels.team', before: undefined, after: 'shop', owners: [] },
  ],
  impact: 'restart',
  uid: '1',
  resourceVersion: '7',
  intent: 'abc',
  content: 'def',
  ...more,
})

const FACTS: PlanFacts = {
  createdAt: '2026-01-01T09:30:00Z',
  programVersion: '0.1.0',
  context: 'kind-dev',
  server: 'https://127.0.0.1:6443',
  namespace: 'shop',
  source: 'dist',
  options: { force: false, recreate: false, takeOver: false, prune: true },
  changes: [
    change('orders', { documents: { before: { a: 'before' }, after: { a: 'after' } } }),
    change('claims', {
      proof: 'none',
      conflicts: [{ path: 'spec.replicas', ours: 1, live: 2, owners: [{ manager: 'hpa', operation: 'Update' }] }],
    }),
    change('stock', { action: 'unchanged', proof: 'certificate', differences: [] }),
  ],
}

/** What reading a text is refused with. */
function refusal(text: string): InputError {
  try {
    parseStoredPlan(text, 'plan.json')
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('the plan was read')
}

describe('a stored plan', () => {
  test('is read as it was written, without the documents', () => {
    const plan = parseStoredPlan(formatStoredPlan(FACTS), 'plan.json')
    const [{ documents: _, ...first } = change('orders'), ...others] = FACTS.changes
    expect(plan).toEqual({
      apiVersion: 'plan.database.example.com/v1',
      kind: 'Plan',
      ...FACTS,
      changes: [first, ...others],
    })
    expect(formatStoredPlan(plan)).toBe(formatStoredPlan(FACTS))
  })

  test('has one line for each object, and none where there is nothing', () => {
    const lines = formatStoredPlan(FACTS).split('\n')
    expect(lines.filter((line) => line.includes('"StatefulSet"'))).toHaveLength(3)
    expect(parseStoredPlan(formatStoredPlan({ ...FACTS, changes: [] }), 'plan.json').changes).toEqual([])
  })

  test('is refused wherever it is cut off', () => {
    const text = formatStoredPlan(FACTS)
    for (let length = 0; length < text.length - 2; length += 7)
      expect(refusal(text.slice(0, length))).toMatchObject({
        where: 'plan.json',
        remedy: expect.stringContaining('diff --out') as string,
      })
    expect(refusal(text.slice(0, 100)).message).toBe('the file is cut off')
    expect(refusal('').message).toBe('the file is empty')
  })

  test.each<[what: string, text: string]>([
    ['this is not JSON', 'changes: []'],
    ['this is not a plan', '[]'],
    ['this is not a plan', '{}'],
    [
      'this is a DiffReport of cli.database.example.com/v1, not a plan',
      '{"apiVersion":"cli.database.example.com/v1","kind":"DiffReport"}',
    ],
    ['this is a Plan of example.com/v1, not a plan', '{"apiVersion":"example.com/v1","kind":"Plan"}'],
    [
      'the plan is of version plan.database.example.com/v2, this program reads plan.database.example.com/v1',
      '{"apiVersion":"plan.database.example.com/v2","kind":"Plan"}',
    ],
    [
      'the plan is damaged: changes.0.action: ',
      formatStoredPlan(FACTS).replace('"action":"update"', '"action":"drop"'),
    ],
    ['the plan is damaged: options.prune: ', formatStoredPlan(FACTS).replace('"prune": true', '"prune": "yes"')],
    [
      'the plan is damaged: apps/v1 StatefulSet shop/orders stands in it twice',
      formatStoredPlan({ ...FACTS, changes: [change('orders'), change('orders')] }),
    ],
  ])('is refused with “%s”', (what, text) => {
    expect(refusal(text).message.startsWith(what), refusal(text).message).toBe(true)
    expect(refusal(text).where).toBe('plan.json')
  })

  test('never quotes a file that is none', () => {
    expect(refusal('password: correct-horse').message).not.toContain('correct')
  })
})
