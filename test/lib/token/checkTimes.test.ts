import { describe, expect, it } from 'vitest'
import { generic, genericTenant, now, verify, verifyGeneric } from './verifying.ts'

const nowSeconds = now.getTime() / 1000

/** Times relative to now, in seconds. */
const times = (iat: number, exp: number, nbf?: number) => ({
  claims: {
    iat: nowSeconds + iat,
    exp: nowSeconds + exp,
    ...(nbf === undefined ? {} : { nbf: nowSeconds + nbf }),
  },
})

describe('checkTimes()', () => {
  it('refuses exp equal to now', () => expect(verifyGeneric(times(-60, 0))).toRefuse('token-expired'))

  it('accepts exp one second away, with no tolerance before or after', async () => {
    await expect(verifyGeneric(times(-60, 1))).resolves.toBeDefined()
    await expect(verifyGeneric(times(-60, -1))).toRefuse('token-expired', /expired 1 s ago/)
    const token = await generic.token(times(-60, 1))
    await expect(verify(token, genericTenant(), new Date(now.getTime() + 999))).resolves.toBeDefined()
    await expect(verify(token, genericTenant(), new Date(now.getTime() + 1000))).toRefuse('token-expired')
  })

  it('accepts iat in the future up to the clock tolerance', async () => {
    await expect(verifyGeneric(times(60, 600))).resolves.toBeDefined()
    await expect(verifyGeneric(times(61, 600))).toRefuse('token-not-yet-valid', /valid in 61 s/)
    const strict = genericTenant({ clockToleranceSeconds: 0 })
    await expect(verifyGeneric(times(0, 600), strict)).resolves.toBeDefined()
    await expect(verifyGeneric(times(1, 600), strict)).toRefuse('token-not-yet-valid')
  })

  it('accepts nbf in the future up to the clock tolerance', async () => {
    await expect(verifyGeneric(times(-10, 600, 60))).resolves.toBeDefined()
    await expect(verifyGeneric(times(-10, 600, 61))).toRefuse('token-not-yet-valid')
  })

  it('refuses exp that is not after iat and nbf, even where the tolerance lets those be ahead', async () => {
    await expect(verifyGeneric(times(50, 51, 50))).resolves.toBeDefined()
    await expect(verifyGeneric(times(50, 50))).toRefuse('token-claim-invalid', /"exp" is not after/)
    await expect(verifyGeneric(times(0, 50, 50))).toRefuse('token-claim-invalid', /"exp" is not after/)
  })

  it('accepts a lifetime of 28 hours and not a second more', async () => {
    await expect(verifyGeneric(times(-60, 28 * 3600 - 60))).resolves.toBeDefined()
    await expect(verifyGeneric(times(-60, 28 * 3600 - 59))).toRefuse('token-lifetime-too-long')
  })

  it('accepts an age of maxTokenAgeSeconds and not a second more', async () => {
    await expect(verifyGeneric(times(-900, 600))).resolves.toBeDefined()
    await expect(verifyGeneric(times(-901, 600))).toRefuse(
      'token-too-old',
      /issued 901 s ago, the limit is 900 s/,
    )
    const impatient = genericTenant({ maxTokenAgeSeconds: 30 })
    await expect(verifyGeneric(times(-30, 600), impatient)).resolves.toBeDefined()
    await expect(verifyGeneric(times(-31, 600), impatient)).toRefuse('token-too-old')
  })
})
