import { afterEach, describe, expect, it, vi } from 'vitest'
import { keyFinder } from '../../../lib/token/keyFinder.ts'
import { makeTokenKey } from '../../tokens.ts'

const es256 = await makeTokenKey('ES256', 'one')
const rs256 = await makeTokenKey('RS256', 'two')

/** Of a set of two keys, one of them good for several algorithms. */
const { alg: _, ...anyRsa } = rs256.jwk
const twoKeys = () => keyFinder({ keys: [es256.jwk, anyRsa] })

afterEach(() => void vi.restoreAllMocks())

describe('keyFinder()', () => {
  it('finds the same object again, by kid and without where only one key fits', async () => {
    const find = twoKeys()
    const key = await find({ alg: 'ES256', kid: 'one' })
    expect(key?.equals((await twoKeys()({ alg: 'ES256', kid: 'one' })) ?? expect.fail())).toBe(true)
    expect(await find({ alg: 'ES256', kid: 'one' })).toBe(key)
    expect(await find({ alg: 'ES256' })).toBeDefined()
    expect(await find({ alg: 'ES256' })).toBe(await find({ alg: 'ES256' }))
  })

  it('does not take what it found for one algorithm, or one kid, for another', async () => {
    const find = twoKeys()
    expect(await find({ alg: 'ES256', kid: 'one' })).toBeDefined()
    expect(await find({ alg: 'PS512', kid: 'two' })).toBeDefined()
    expect(await find({ alg: 'RS256', kid: 'one' })).toBeUndefined()
    expect(await find({ alg: 'ES256', kid: 'two' })).toBeUndefined()
    expect(await find({ alg: 'ES384', kid: 'one' })).toBeUndefined()
    expect(await find({ alg: 'ES256', kid: '' })).toBeUndefined()
    expect(await find({ alg: 'ES256","one' })).toBeUndefined()
    expect(await find({ kid: 'one' })).toBeUndefined()
  })

  it('does not take a kid of null for none', async () => {
    const find = twoKeys()
    expect(await find({ alg: 'ES256' })).toBeDefined()
    expect(await find({ alg: 'ES256', kid: 'null' })).toBeUndefined()
  })

  it('remembers only keys that are there, whatever kids are asked for', async () => {
    const find = twoKeys()
    const remember = vi.spyOn(Map.prototype, 'set')
    for (let i = 0; i < 100; i++) expect(await find({ alg: 'ES256', kid: `kid-${i}` })).toBeUndefined()
    for (let i = 0; i < 100; i++) expect(await find({ alg: `alg-${i}`, kid: 'one' })).toBeUndefined()
    for (let i = 0; i < 100; i++) expect(await find({ alg: 'ES256', kid: 'one' })).toBeDefined()
    const remembered = remember.mock.calls.map(([name]) => String(name))
    remember.mockRestore()
    expect(remembered.filter((name) => /kid-|alg-/.test(name))).toEqual([])
    expect(new Set(remembered.filter((name) => name.includes('one')))).toEqual(new Set(['["ES256","one"]']))
  })

  it('knows nothing of another set', async () => {
    expect(await twoKeys()({ alg: 'ES256', kid: 'one' })).toBeDefined()
    expect(await keyFinder({ keys: [anyRsa] })({ alg: 'ES256', kid: 'one' })).toBeUndefined()
  })
})
