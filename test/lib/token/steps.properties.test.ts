import { afterEach, describe, expect, it, vi } from 'vitest'
import { generic, genericTenant, verify } from './verifying.ts'

afterEach(() => void vi.restoreAllMocks())

/** How often the header or the claims of a token are parsed as JSON. */
const parsedOf = async (token: string): Promise<number> => {
  const texts = token.split('.').map((segment) => Buffer.from(segment, 'base64url').toString())
  const parse = vi.spyOn(JSON, 'parse')
  await verify(token, genericTenant()).catch(() => undefined)
  const { calls } = parse.mock
  parse.mockRestore()
  return calls.filter(([text]) => texts.includes(text)).length
}

const families: readonly (readonly [string, (n: number) => Readonly<Record<string, unknown>>])[] = [
  ['members', (n) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`c${index}`, index]))],
  ['characters', (n) => ({ given_name: 'x'.repeat(n) })],
  ['levels', (n) => ({ nested: JSON.parse(`${'['.repeat(n)}${']'.repeat(n)}`) as unknown })],
  ['audiences', (n) => ({ aud: Array(n).fill('api://mayfly') })],
]

describe('verifyToken() parses header and claims a fixed number of times', () => {
  it.each(families)('whatever number of %s its claims have', async (_what, claims) => {
    for (const n of [1, 30, 500]) {
      const token = await generic.token({ claims: claims(n) })
      const times = await parsedOf(token)
      expect(times).toBeGreaterThan(0)
      expect(times).toBeLessThanOrEqual(6)
    }
  })

  it('and nothing of what is not a compact serialization', async () => {
    for (const token of [
      '.'.repeat(16_000),
      `${'a.'.repeat(5_000)}a`,
      '='.repeat(16_000),
      'a'.repeat(16_000),
    ])
      expect(await parsedOf(token)).toBe(0)
  })
})
