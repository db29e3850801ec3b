import { describe, expect, it } from 'vitest'
import { azureKind, azureReadings, azureReports } from '../../../lib/evidence/azureReports.ts'
import { azureFacts } from '../../../lib/policy/signals/attestedFacts.ts'
import { azureTpmClaims } from '../../attestations.ts'

const at = 1_700_000_000.5
const healthy = azureTpmClaims('00'.repeat(32))

const valueOf = (fact: string, claims: Readonly<Record<string, unknown>>) =>
  azureReports(claims, { at }).find((report) => report.fact === fact)

describe('azureReports() reads', () => {
  it.each([
    ['attestationValidated', true, true],
    ['attestationValidated', false, false],
    ['secureBoot', true, true],
    ['secureBoot', false, false],
    ['bootDebugging', true, false],
    ['bootDebugging', false, true],
    ['codeIntegrity', true, true],
    ['codeIntegrity', false, false],
    ['systemDriveEncrypted', true, true],
    ['systemDriveEncrypted', false, false],
    ['tpmPresent', true, true],
    // The key was no TPM's; that says nothing of whether there is one.
    ['tpmPresent', false, undefined],
    ['tpmVersion', 2, '2.0'],
    ['tpmVersion', 1, undefined],
    ['tpmVersion', 3, undefined],
    ['tpmVersion', '2', undefined],
  ] as const)('%s where the claim is %j as %j', (fact, claimed, value) => {
    const { claim } = azureReadings[fact]
    const told = value === undefined ? undefined : Math.floor(at)
    expect(valueOf(fact, { [claim]: claimed })).toEqual({ fact, source: 'attestation', value, at: told })
  })

  it.each(azureFacts)('nothing of %s where the claim is absent, or of another type', (fact) => {
    const { claim } = azureReadings[fact]
    for (const value of [undefined, null, '', 'true', 1, 0, 2.5, [true], [2], { value: true }])
      expect(valueOf(fact, { ...healthy, [claim]: value }), JSON.stringify(value)).toEqual({
        fact,
        source: 'attestation',
        value: undefined,
        at: undefined,
      })
  })

  it('nothing of claims that are inherited', () => {
    const claims = Object.create(healthy) as Readonly<Record<string, unknown>>
    expect(azureReports(claims, { at }).filter(({ value }) => value !== undefined)).toEqual([])
  })
})

describe('azureKind() tells', () => {
  it.each([
    [true, 'azureVbs'],
    [false, 'azureTpm'],
    [undefined, 'azureTpm'],
    ['true', undefined],
    [1, undefined],
    [[true], undefined],
  ])('by a report of an enclave that is %j: %s', (vbsReportPresent, kind) => {
    expect(azureKind({ ...healthy, vbsReportPresent })).toBe(kind)
  })
})
