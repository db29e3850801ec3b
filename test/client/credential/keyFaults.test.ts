import { expect, it } from 'vitest'
import { keyFaults } from '../../../client/credential/keyFaults.ts'

const token = { 'pkcs11-module': '/m.so', 'pkcs11-token': 't', 'pkcs11-pin-file': '/pin' }

it('keyFaults() finds nothing where nothing is said, and where a file can hold the key', () => {
  expect(keyFaults({})).toEqual([])
  expect(keyFaults({ 'key-provider': 'software', 'pkcs12-password': 'p12.password' })).toEqual([])
  expect(keyFaults({ 'key-provider': 'tpm2' })).toEqual([])
  expect(keyFaults({ ...token, 'key-provider': 'pkcs11' })).toEqual([])
})

it.each([
  [{ 'key-provider': 'tpm2' }, /no file can hold a key of tpm2$/],
  [{ store: 'windows' }, /no file can hold a key of the store windows$/],
])('keyFaults() finds a PKCS#12 file that cannot hold the key: %j', (said, why) => {
  expect(keyFaults({ ...said, 'pkcs12-password': 'p12.password' })).toEqual([
    { member: 'pkcs12-password', reason: expect.stringMatching(why) as string },
  ])
})

it('keyFaults() finds what a token lacks, and what is said of one where there is none', () => {
  const members = (said: Readonly<Record<string, unknown>>) => keyFaults(said).map(({ member }) => member)
  expect(members({ 'key-provider': 'pkcs11' })).toEqual(Object.keys(token))
  expect(members({ ...token, 'key-provider': 'tpm2' })).toEqual(Object.keys(token))
  expect(members({ ...token, 'key-provider': 'pkcs11', 'pkcs12-password': '/p' })).toEqual([
    'pkcs12-password',
  ])
})
