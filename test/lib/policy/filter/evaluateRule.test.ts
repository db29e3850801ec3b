import { describe, expect, it } from 'vitest'
import { evaluateRule } from '../../../../lib/policy/filter/evaluateRule.ts'
import { parseRule } from '../../../../lib/policy/filter/parseRule.ts'

describe('evaluateRule()', () => {
  it('takes all properties of a device without a record as null', () => {
    expect(evaluateRule(parseRule('device.model -ne "x"'), null)).toBe(true)
    expect(evaluateRule(parseRule('device.model -eq "x"'), null)).toBe(false)
  })
})
