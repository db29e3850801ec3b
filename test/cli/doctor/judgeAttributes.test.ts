import { describe, expect, it } from 'vitest'
import { judgeAttributes } from '../../../cli/doctor/judgeAttributes.ts'
import type { KeyVaultAttributes } from '../../../lib/keys/keyVaultAttributes.ts'

const now = new Date('2026-03-02T10:00:00Z')
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000)

const good: KeyVaultAttributes = {
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  exportable: false,
  operations: ['sign'],
  recoveryLevel: 'Recoverable',
  isInHardware: true,
}

const judge = (changes: Partial<KeyVaultAttributes>, isStandIn = false) =>
  judgeAttributes('issuer~0001', { ...good, ...changes }, { now, isStandIn })

describe('judgeAttributes()', () => {
  it.each([
    {},
    { operations: ['sign', 'verify'] },
    { exportable: undefined },
    { expiresOn: inDays(31), notBefore: inDays(-1) },
  ])('is content with a key of a vault with %j', (changes) => {
    expect(judge(changes)).toMatchObject({ id: 'key-attributes', subject: 'issuer~0001', status: 'ok' })
  })

  it.each([
    ['problem', { enabled: false }, /^it is disabled/, /^Enable the key/],
    ['problem', { notBefore: inDays(1) }, /^it begins at 2026-03-03T10/, /activation date/],
    ['problem', { expiresOn: inDays(-1) }, /^it has ended in its vault$/, /set-attributes/],
    ['warning', { expiresOn: inDays(29) }, /^it ends in 29 days$/, /set-attributes/],
    ['problem', { exportable: true }, /^it can be exported/, /^Stage another/],
    [
      'warning',
      { operations: ['sign', 'wrapKey', 'decrypt'] },
      /^it may wrapKey, decrypt beside sign$/,
      /--ops sign/,
    ],
    ['warning', { isInHardware: false }, /^it is not in a hardware module$/, /^keys\.vault\.hsm/],
    ['warning', { recoveryLevel: 'Recoverable+Purgeable' }, /^it can be purged/, /purge protection/],
  ])('tells of a %s with %j', (status, changes, detail, remedy) => {
    expect(judge(changes)).toMatchObject({
      status,
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(remedy),
    })
  })

  it('tells of all at once, and takes the worst', () => {
    expect(judge({ exportable: true, expiresOn: inDays(1), recoveryLevel: 'Purgeable' })).toMatchObject({
      status: 'problem',
      detail: 'it ends in 1 days; it can be exported from its vault; it can be purged for good',
    })
  })

  it('asks of a stand-in neither hardware nor purge protection', () => {
    expect(judge({ isInHardware: false, recoveryLevel: 'Purgeable' }, true).status).toBe('ok')
  })
})
