import { describe, expect, it } from 'vitest'
import { describeCause, errorType } from '../../../lib/errors/describeCause.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'

const chained = (length: number): Error => {
  let error = new Error('cause 0')
  for (let index = 1; index < length; index++) error = new TypeError(`cause ${index}`, { cause: error })
  return error
}

describe('describeCause()', () => {
  it('tells names and messages, from the error to its cause', () => {
    expect(describeCause(chained(3))).toBe('TypeError: cause 2 <- TypeError: cause 1 <- Error: cause 0')
  })

  it('is one line', () => {
    expect(describeCause(new Error('a\nb\r\n\tc\u2028d\u0085e'))).not.toMatch(/[\n\r\t\u2028]/)
    expect(describeCause(new Error('a\n  b'))).toBe('Error: a b')
  })

  it('has at most 1,000 characters', () => {
    expect(describeCause(new Error('x'.repeat(100_000)))).toHaveLength(1_000)
    expect(describeCause(new Error('y', { cause: new Error('x'.repeat(100_000)) }))).toHaveLength(1_000)
  })

  it('ends, however long the chain of causes is, and if it is a circle', () => {
    expect(describeCause(chained(20_000)).length).toBeLessThanOrEqual(1_000)
    const circle = new Error('round')
    circle.cause = circle
    expect(describeCause(circle)).toMatch(/^Error: round <- Error: round/)
  })

  it('tells no value that is not an error, which could be a request body', () => {
    expect(describeCause('canary')).toBe('string')
    expect(describeCause({ message: 'canary' })).toBe('object')
    expect(describeCause(undefined)).toBe('undefined')
    expect(describeCause(new Error('x', { cause: 'canary' }))).toBe('Error: x <- string')
  })
})

const systemError = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' })

describe('errorType()', () => {
  it.each([
    ['the code of a refusal', new Refusal('token-expired', 'canary'), 'token-expired'],
    ['the code of a system error', systemError, 'ECONNREFUSED'],
    ['the name of another error', new TypeError('canary'), 'TypeError'],
    ['the name where the code is none', Object.assign(new Error('x'), { code: 'canary canary' }), 'Error'],
    ['nothing of what is no error', 'canary', 'unknown'],
    ['nothing of what is nothing', undefined, 'unknown'],
    ['nothing of names that are none', { name: 'canary@contoso.example', code: 7 }, 'unknown'],
    ['nothing of names without end', { name: 'x'.repeat(65) }, 'unknown'],
  ])('is %s', (_, error, expected) => {
    expect(errorType(error)).toBe(expected)
  })
})
