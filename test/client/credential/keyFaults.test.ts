import { expect, it } from 'vitest'
import { keyFaults } from '../../../client/credential/keyFaults.ts'

it('keyFaults() finds nothing where nothing is said, and where a file can hold the key', () => {
  expect(keyFaults({})).toEqual([])
  expect(keyFaults({ 'key-provider': 'software', 'pkcs12-password': 'p12.password' })).toEqual([])
  expect(keyFaults({ 'key-provider': 'tpm2' })).toEqual([])
})

it.each([
  [{ 'key-provider': 'tpm2' }, /no file can hold a key of tpm2$/],
  [{ store: 'windows' }, /no file can hold a key of the store windows$/],
])('keyFaults() finds a PKCS#12 file that cannot hold the key: %j', (said, why) => {
  expect(keyFaults({ ...said, 'pkcs12-password': 'p12.password' })).toEqual([
    { member: 'pkcs12-password', reason: expect.stringMatching(why) as string },
  ])
})
