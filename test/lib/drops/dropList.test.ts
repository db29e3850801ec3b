import { describe, expect, it } from 'vitest'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import { clockToleranceMilliseconds } from '../../../lib/deployment/tablesClock.ts'
import {
  isFromBefore,
  isInForce,
  issuedAfterDenialMilliseconds,
  userNamesOf,
} from '../../../lib/drops/dropList.ts'
import { denyStaleMilliseconds } from '../../../lib/tenant/denyList.ts'

const at = new Date('2026-03-02T10:00:00Z')
const after = (milliseconds: number) => new Date(at.getTime() + milliseconds)

describe('isInForce()', () => {
  it('holds to the end, the end not included, and where a clock cannot be read', () => {
    expect(isInForce({ until: undefined }, after(1e12))).toBe(true)
    expect(isInForce({ until: at }, after(-1))).toBe(true)
    expect(isInForce({ until: at }, at)).toBe(false)
    expect(isInForce({ until: at }, new Date(Number.NaN))).toBe(true)
  })
})

describe('isFromBefore()', () => {
  it('takes in all that the service may still issue to whom was stopped', () => {
    expect(isFromBefore({ at }, after(-1))).toBe(true)
    expect(isFromBefore({ at }, after(issuedAfterDenialMilliseconds - 1))).toBe(true)
    expect(isFromBefore({ at }, after(issuedAfterDenialMilliseconds))).toBe(false)
    expect(isFromBefore({ at }, new Date(Number.NaN))).toBe(true)
    // The longest that MAYFLY_REQUEST_SECONDS may be.
    const { requestMilliseconds } = requestTimes(60)
    expect(issuedAfterDenialMilliseconds).toBeGreaterThanOrEqual(
      denyStaleMilliseconds + requestMilliseconds + clockToleranceMilliseconds + 10_000,
    )
  })
})

describe('userNamesOf()', () => {
  const users = [
    { upn: 'ada_partner.example_EXT_@contoso.example', objectId: 'ABC' },
    { upn: 'bob@contoso.example', objectId: undefined },
  ]

  it('has both names of each user in one spelling, and the value where it is a user', () => {
    const names = ['ada_partner.example#ext#@contoso.example', 'abc', 'bob@contoso.example']
    expect([...userNamesOf({ kind: 'key', value: 'ab', users })]).toEqual(names)
    expect([...userNamesOf({ kind: 'user', value: 'Eve@contoso.example', users })]).toEqual([
      'eve@contoso.example',
      ...names,
    ])
  })
})
