import { describe, expect, it } from 'vitest'
import { checkDenyUntil } from '../../../lib/tenant/changeDenyList.ts'
import { testTime } from '../../world.ts'
import { after } from './denials.ts'

describe('checkDenyUntil()', () => {
  it('takes a time in the future alone', () => {
    expect(checkDenyUntil(after(1), testTime)).toEqual(after(1))
    for (const time of [testTime, after(-1)])
      expect(() => checkDenyUntil(time, testTime)).toRefuse('usage-wrong', /which is past/)
  })
})
