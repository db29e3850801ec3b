import { describe, expect, it } from 'vitest'
import { checkPossible } from '../../../lib/tenant/checkPossible.ts'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import {
  attestationTrust,
  entraTrust,
  genericTrust,
  type Members,
  postureTrust,
  tenantDocument,
} from '../../tenants.ts'

const [own, other] = ['c2a1b0d9-0000-4000-8000-00000000aa01', 'c2a1b0d9-0000-4000-8000-00000000aa02']
const audience = '5a0c7a5e-9a4d-4d0e-8a55-1f6f0f0e2d33'
const nameless = { deviceIdClaim: undefined }
const generic = (changes: Members = {}) => genericTrust({ url: 'https://issuer.example', audience }, changes)
const entra = (directoryId: string) => entraTrust(directoryId, { audience }, { deviceIdClaim: 'deviceid' })
const directory = { kind: 'entra', directoryId: own }

const check =
  (evidence: Members | undefined, ...trusts: readonly Members[]) =>
  () =>
    checkPossible(
      parseConfiguration(
        tenantDocument('contoso', trusts.length === 0 ? [generic()] : trusts, evidence ? { evidence } : {}),
      ),
    )

describe('evidenceObstacles()', () => {
  it.each<readonly [what: string, evidence: Members, trust: Members, why: string]>([
    [
      'devices that no compliance token names',
      { posture: [postureTrust()] },
      generic(nameless),
      'tokenIssuers: ',
    ],
    [
      'a directory without a device',
      { anyMachine: true, directory: { ...directory, userIdClaim: 'oid' } },
      generic(nameless),
      'tokenIssuers: ',
    ],
    ['a directory without a user', { directory }, generic(), 'evidence.directory.userIdClaim'],
    ['a directory with users of another', { directory }, entra(other), 'evidence.directory.userIdClaim'],
  ])('tells that %s would count for nobody', (_, evidence, trust, why) => {
    expect(check(evidence, trust)).toRefuse(
      'configuration-invalid',
      new RegExp(`: evidence could never count\\. ${why}`),
    )
  })

  it.each(['posture', 'attestation'])('asks %s for the device, unless any machine will do', (list) => {
    const trust = { posture: postureTrust, attestation: attestationTrust }[list]
    const named = [trust?.()]
    const nothing = [
      Object.fromEntries(Object.entries(trust?.() ?? {}).filter(([name]) => name !== 'deviceIdClaim')),
    ]
    expect(check({ [list]: [...named, ...nothing] })).toRefuse(
      'configuration-invalid',
      new RegExp(`evidence\\.${list}\\.1\\.deviceIdClaim: needed`),
    )
    expect(check({ anyMachine: true, [list]: nothing })).not.toThrow()
  })

  it.each<readonly [what: string, evidence: Members | undefined, trust: Members]>([
    ['no evidence at all', undefined, generic(nameless)],
    [
      'evidence about the device that the token names',
      { posture: [postureTrust()], attestation: [attestationTrust()] },
      generic(),
    ],
    [
      'any machine, by the key alone',
      { anyMachine: true, posture: [postureTrust(nameless)], attestation: [attestationTrust(nameless)] },
      generic(nameless),
    ],
    ['the directory of the tokens', { directory }, entra(own)],
    [
      'a claim with the user of the directory',
      { directory: { ...directory, userIdClaim: 'oid' } },
      generic(),
    ],
  ])('takes %s', (_, evidence, trust) => {
    expect(check(evidence, trust)).not.toThrow()
  })
})
