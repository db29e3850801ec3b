import { calculateJwkThumbprint } from 'jose'
import { createPublicKey } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { checkKeyBinding } from '../../../lib/token/checkKeyBinding.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { jwkThumbprint } from '../../../lib/x509/publicKey.ts'
import { makeDeviceKey } from '../../world.ts'
import { verifyGeneric } from './verifying.ts'

const bound = (jkt: string) => verifyGeneric({ claims: { cnf: { jkt } } })

describe('checkKeyBinding()', () => {
  it('lets a token without cnf be used with any key, and does not ask for its thumbprint', async () => {
    const token = await verifyGeneric()
    const thumbprint = vi.fn<() => string>()
    expect(() => checkKeyBinding(token, thumbprint)).not.toThrow()
    expect(thumbprint).not.toHaveBeenCalled()
  })

  it('lets a token be used with the key whose JWK thumbprint it carries, as jose computes it', async () => {
    const device = makeDeviceKey()
    const key = createPublicKey({ key: Buffer.from(device.spki), format: 'der', type: 'spki' })
    const token = await bound(await calculateJwkThumbprint(key))
    const { publicKey } = verifyCsr(device.csr())
    expect(() => checkKeyBinding(token, () => jwkThumbprint(publicKey))).not.toThrow()
  })

  it('refuses a token that is bound to another key', async () => {
    const { publicKey } = verifyCsr(makeDeviceKey().csr())
    const token = await bound('A'.repeat(43))
    expect(() => checkKeyBinding(token, () => jwkThumbprint(publicKey))).toRefuse('key-binding-mismatch')
  })
})
