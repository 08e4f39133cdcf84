import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { certify } from '../../src/plan/certificate.ts'
import { isSameJson } from '../../src/plan/json-equality.ts'
import type { FieldSet } from '../../src/plan/managed-fields.ts'
import { applyTo, fieldsOf } from './server-side-apply.ts'
import type { SampleSpec } from './server-side-apply.ts'

const OURS = 'ours'
const THEIRS = 'theirs'

const text = fc.constantFrom('a', 'b', '')
const name = fc.constantFrom('x', 'y', 'z')
const items = fc.uniqueArray(fc.record({ name, value: text }, { requiredKeys: ['name'] }), {
  selector: (item) => item.name,
  maxLength: 3,
})
const spec: fc.Arbitrary<SampleSpec> = fc.record(
  {
    text,
    nested: fc.record({ text, whole: fc.integer({ min: 0, max: 1 }) }, { requiredKeys: [] }),
    labels: fc.dictionary(name, text, { maxKeys: 2 }),
    plain: fc.array(text, { maxLength: 2 }),
    tags: fc.uniqueArray(name, { maxLength: 3 }),
    items,
  },
  { requiredKeys: [] },
)

interface State {
  readonly spec: SampleSpec
  readonly owned: Readonly<Record<string, FieldSet>>
}

const objectOf = (wanted: SampleSpec, managedFields?: object[]): KubernetesObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Sample',
  metadata: { name: 'x', ...(managedFields === undefined ? {} : { managedFields }) },
  spec: wanted,
})

const liveOf = ({ spec: stored, owned }: State): KubernetesObject =>
  objectOf(
    stored,
    Object.entries(owned)
      .filter(([, fields]) => Object.keys(fields).length > 0)
      .map(([manager, fields]) => ({
        manager,
        operation: 'Apply',
        apiVersion: 'example.com/v1',
        fieldsV1: { 'f:spec': fields },
      })),
  )

const EMPTY: State = { spec: {}, owned: {} }

describe('whatever was applied by whom', () => {
  test('what is certified, an apply leaves as it is', () => {
    let certified = 0
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(OURS, THEIRS), spec), { maxLength: 4 }),
        spec,
        fc.boolean(),
        (history, other, isSame) => {
          const live = history.reduce<State>((state, [manager, wanted]) => applyTo(state, wanted, manager), EMPTY)
          const last = history.findLast(([manager]) => manager === OURS)?.[1]
          const desired = isSame && last !== undefined ? last : other
          if (!certify(objectOf(desired), liveOf(live), OURS).unchanged) return
          certified += 1
          const after = applyTo(live, desired, OURS)
          expect(isSameJson(after.spec, live.spec)).toBe(true)
          expect(isSameJson(after.owned[OURS] ?? {}, live.owned[OURS] ?? {})).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
    expect(certified).toBeGreaterThan(100)
  })

  test('what we applied last is certified, where its fields are not taken for others', () => {
    fc.assert(
      fc.property(spec, spec, (theirs, ours) => {
        // Of an empty list of keyed items nothing is owned: without a schema it looks like one that is still to come.
        fc.pre(ours.tags?.length !== 0 && ours.items?.length !== 0)
        // A structure that is applied empty and full for others is one that only a schema tells.
        fc.pre([ours.nested, ours.labels].every((map) => map === undefined || Object.keys(map).length > 0))
        const live = applyTo(applyTo(EMPTY, theirs, THEIRS), ours, OURS)
        // A spec without any field is a value of its own.
        fc.pre(Object.keys(fieldsOf({ ...ours })).length > 0)
        expect(certify(objectOf(ours), liveOf(live), OURS)).toEqual({ unchanged: true })
      }),
      { numRuns: 1000 },
    )
  })
})
