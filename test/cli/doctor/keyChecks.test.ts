import { expect, it } from 'vitest'
import { judgeAttributes } from '../../../cli/doctor/keyChecks.ts'
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

const another = /^Stage another/

it.each<[string, Partial<KeyVaultAttributes>, RegExp?, RegExp?]>([
  ['ok', {}],
  ['ok', { operations: ['sign', 'verify'] }],
  ['ok', { exportable: undefined }],
  ['ok', { expiresOn: inDays(31), notBefore: inDays(-1) }],
  ['problem', { enabled: false }, /^it is disabled/, /^Enable the key/],
  ['problem', { notBefore: inDays(1) }, /^it begins at 2026-03-03T10/, /activation date/],
  ['problem', { expiresOn: inDays(-1) }, /^it has ended in its vault$/, /set-attributes/],
  ['warning', { expiresOn: inDays(29) }, /^it ends in 29 days$/, /set-attributes/],
  ['problem', { exportable: true }, /^it can be exported/, another],
  [
    'warning',
    { operations: ['sign', 'wrapKey', 'decrypt'] },
    /^it may wrapKey, decrypt beside sign$/,
    /--ops sign/,
  ],
  ['warning', { isInHardware: false }, /^it is not in a hardware module$/, /^keys\.vault\.hsm/],
  ['warning', { recoveryLevel: 'Recoverable+Purgeable' }, /^it can be purged/, /purge protection/],
  // All at once, and the worst counts.
  [
    'problem',
    { exportable: true, expiresOn: inDays(1), recoveryLevel: 'Purgeable' },
    /^it ends in 1 days; it can be exported from its vault; it can be purged for good$/,
  ],
])('judgeAttributes() finds %s in a key of a vault with %j', (status, changes, detail = /./, remedy) => {
  const found = judgeAttributes({ ...good, ...changes }, { now, isStandIn: false })
  expect(found).toMatchObject({ status, detail: expect.stringMatching(detail) as string })
  if (remedy) expect(found.remedy).toMatch(remedy)
})

it('judgeAttributes() asks of a stand-in neither hardware nor purge protection', () => {
  const attributes = { ...good, isInHardware: false, recoveryLevel: 'Purgeable' }
  expect(judgeAttributes(attributes, { now, isStandIn: true }).status).toBe('ok')
})
