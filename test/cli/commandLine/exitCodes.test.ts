import { describe, expect, it } from 'vitest'
import { exitCodeOf, exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { catalogue, type RefusalCode } from '../../../lib/errors/catalogue.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'

const codes = Object.keys(catalogue) as readonly RefusalCode[]

/** The table of docs/errors.md, told the other way round. */
const documented = (code: RefusalCode): number => {
  if (code === 'usage-wrong' || code === 'confirmation-needed') return 2
  const { status } = catalogue[code]
  if (new Set<number>([429, 503]).has(status)) return 4
  return status < 500 ? 3 : 1
}

describe('exitCodeOf()', () => {
  it.each(codes)('ends %s with the exit code that its status stands for', (code) => {
    const actual = exitCodeOf(new Refusal(code, 'detail'))
    expect(actual).toBe(documented(code))
    expect(Object.values(exitCodes)).toContain(actual)
  })

  it('uses each of the four failures for something', () => {
    const used = new Set(codes.map((code) => exitCodeOf(new Refusal(code, 'detail'))))
    expect(used).toEqual(new Set([1, 2, 3, 4]))
  })

  it.each([
    new Error('x'),
    new TypeError('x'),
    'text',
    undefined,
    null,
    { code: 'usage-wrong', status: 400 },
  ])('takes anything else that was thrown, such as %s, for a fault', (thrown) => {
    expect(exitCodeOf(thrown)).toBe(1)
  })
})
