import { describe, expect, it } from 'vitest'
import { keyFinder } from '../../../lib/token/keyFinder.ts'
import { publishedKeys } from '../../../lib/token/publishedKeys.ts'
import { makeTokenKey } from '../../tokens.ts'

const es256 = await makeTokenKey('ES256', 'one')
const rs256 = await makeTokenKey('RS256', 'two')

/** Good for several algorithms. */
const { alg: _, ...anyRsa } = rs256.jwk
const finderOf = (keys: readonly unknown[]) => keyFinder(publishedKeys({ keys }))

/** As many keys as there are numbers, of one kid where the numbers are the same. */
const ofKids = (...kids: readonly number[]) =>
  Promise.all(kids.map(async (kid) => (await makeTokenKey('ES256', `kid-${kid}`)).jwk))

describe('keyFinder()', () => {
  const find = finderOf([es256.jwk, anyRsa])

  it.each([
    [1, { alg: 'ES256', kid: 'one' }],
    [1, { alg: 'PS512', kid: 'two' }],
    [1, { alg: 'ES256' }],
    [0, { alg: 'RS256', kid: 'one' }],
    [0, { alg: 'ES256', kid: 'two' }],
    [0, { alg: 'ES384', kid: 'one' }],
    [0, { alg: 'ES256', kid: '' }],
    [0, { alg: 'ES256', kid: 'null' }],
    [0, { alg: 'ES256","one' }],
    [0, { kid: 'one' }],
    [0, { alg: 'toString', kid: 'one' }],
  ])('finds %i keys for %j', (count, header) => expect(find(header)).toHaveLength(count))

  it('finds the same object again', () => {
    expect(find({ alg: 'ES256', kid: 'one' })[0]).toBe(find({ alg: 'ES256' })[0])
  })

  it('finds a key that is listed twice once, with kid and without', () => {
    const twice = finderOf([es256.jwk, { ...es256.jwk, kid: 'other' }, es256.jwk])
    expect(twice({ alg: 'ES256', kid: 'one' })).toHaveLength(1)
    expect(twice({ alg: 'ES256' })).toHaveLength(1)
  })

  it('finds all keys of one kid, but not more than four, and none where no kid tells several apart', async () => {
    const keys = await ofKids(1, 1, 2, 2, 2, 2, 2)
    expect(finderOf(keys)({ alg: 'ES256', kid: 'kid-1' })).toHaveLength(2)
    expect(finderOf(keys)({ alg: 'ES256', kid: 'kid-2' })).toHaveLength(4)
    expect(finderOf(keys)({ alg: 'ES256' })).toHaveLength(0)
  })
})
