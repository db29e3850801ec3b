import { describe, expect, it } from 'vitest'
import { decideToken } from '../../../lib/policy/decideToken.ts'
import { entraTenant, genericTenant, verifyEntra, verifyGeneric } from '../token/verifying.ts'
import { at, compiled, compliantDevices } from './policySet.ts'

const circumstances = { at, clientIp: '203.0.113.7', countryOf: undefined, evidence: undefined }
const policies = compiled([compliantDevices])

describe('decideToken()', () => {
  it('permits the holder of the token that the decision was made on', async () => {
    const token = await verifyEntra({}, entraTenant())
    const permit = decideToken(token, policies, circumstances)
    expect(permit).toMatchObject({
      kind: 'permit',
      token,
      decision: { kind: 'allow', proof: 'compliantDevice' },
      signals: { at, clientIp: '203.0.113.7', proofs: { compliantDevice: 'yes' } },
    })
  })

  it('denies, and tells what another sign-in would have to bring', async () => {
    const token = await verifyEntra({ claims: { acrs: [] } })
    expect(decideToken(token, policies, circumstances)).toMatchObject({
      kind: 'deny',
      decision: { kind: 'deny', cause: 'notSatisfied' },
      signals: { proofs: { compliantDevice: 'no' } },
      stepUp: { contexts: ['c1'] },
      doubt: 'the token says that the device is not compliant',
    })
  })

  it('denies, and tells what a claim is instead of a proof', async () => {
    const token = await verifyGeneric({ claims: { device_compliant: 'true' } }, genericTenant())
    expect(decideToken(token, policies, circumstances)).toMatchObject({
      kind: 'deny',
      signals: { proofs: { compliantDevice: 'unknown' } },
      stepUp: undefined,
      doubt:
        'the token does not prove a compliant device: its claim "device_compliant" is a string, true wanted',
    })
  })
})
