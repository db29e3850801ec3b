import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Issuer, readAuthority } from '../../../lib/authority/authority.ts'
import { type SignerPool, signerPool } from '../../../lib/authority/signerPool.ts'
import type { SignerSource } from '../../../lib/keys/signer.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { createWorld, type World } from '../../world.ts'

const tbs = Buffer.from('to be signed')
const requestId = 'f9a5c1f0-0000-4000-8000-000000000001'

let world: World
let issuer: Issuer
let pool: SignerPool

beforeAll(async () => {
  world = await createWorld()
  const [only] = (await readAuthority(world.tables, parseTenantId(world.tenant)))?.issuers ?? []
  if (!only) throw new Error('The world has no issuer.')
  issuer = only
  return () => world[Symbol.asyncDispose]()
})

beforeEach(() => {
  Object.assign(world.keys, { signatures: 0, opened: 0, signInstead: undefined })
  pool = signerPool(world.keys)
})

describe('signerPool()', () => {
  it('opens a key once for many signatures at once', async () => {
    const signatures = await Promise.all(Array.from({ length: 20 }, () => pool.sign(issuer, tbs, requestId)))
    expect(signatures).toHaveLength(20)
    expect([world.keys.opened, world.keys.signatures]).toEqual([1, 20])
  })

  it('opens nothing before the first signature', () => {
    expect(world.keys.opened).toBe(0)
  })

  it('hands the request id to the key', async () => {
    const seen: string[] = []
    world.keys.signInstead = (signer, octets, id) => {
      seen.push(id)
      return signer.sign(octets, id)
    }
    await pool.sign(issuer, tbs, requestId)
    expect(seen).toEqual([requestId])
  })

  it('tries again to open a key that could not be opened', async () => {
    let isDown = true
    const source: SignerSource = {
      open: (reference) => (isDown ? Promise.reject(new Error('down')) : world.keys.open(reference)),
    }
    const recovering = signerPool(source)
    const failing = Array.from({ length: 3 }, () => recovering.sign(issuer, tbs, requestId))
    for (const signature of failing)
      await expect(signature).toRefuse('signer-unavailable', /issuer~0001 does not answer/)
    isDown = false
    await expect(recovering.sign(issuer, tbs, requestId)).resolves.toBeDefined()
  })

  it('refuses with signer-unavailable, 503 and the cause when the key fails', async () => {
    const cause = new Error('throttled')
    world.keys.signInstead = () => Promise.reject(cause)
    const refusal = await pool.sign(issuer, tbs, requestId).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'signer-unavailable',
      status: 503,
      options: { cause, retryAfterSeconds: 5 },
    })
    expect(String(refusal)).not.toContain('throttled')
  })

  it.each([
    ['of something else', 'other'],
    ['that is empty', ''],
    ['that is no DER', 'garbage'],
  ])('refuses a signature %s', async (_, kind) => {
    world.keys.signInstead = (signer) =>
      kind === 'other' ? signer.sign(Buffer.from(kind), requestId) : Promise.resolve(Buffer.from(kind))
    await expect(pool.sign(issuer, tbs, requestId)).toRefuse('signature-unverified')
  })

  it("refuses the signature of a key that is not the issuer's", async () => {
    const rootReference = `local:${world.tenant}.root-1`
    const mixedUp = signerPool({ open: () => world.keys.open(rootReference) })
    await expect(mixedUp.sign(issuer, tbs, requestId)).toRefuse('signature-unverified', /issuer~0001/)
  })
})
