import { describe, expect, it } from 'vitest'
import { describeCause, formatRequestLine } from '../../../lib/telemetry/requestLine.ts'

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

describe('formatRequestLine()', () => {
  it('is one line of JSON, whatever it says', () => {
    const line = {
      invocationId: 'i',
      function: 'f',
      tenant: 't',
      status: 500,
      code: 'fault',
      milliseconds: 1.5,
      stages: { token: 0.4, sign: 1 },
      cause: 'a\nb\u0000',
    }
    const text = formatRequestLine(line)
    expect(text).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(text)).toEqual(line)
  })
})
