import { randomBytes, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SignerPool, signerPool } from '../../../lib/authority/sign/signerPool.ts'
import { issue } from '../../../lib/issuance/issue.ts'
import { type Evidence, prepare } from '../../../lib/issuance/prepare.ts'
import { parseCertificate, serialNumberHex } from '../../../lib/x509/certificate.ts'
import { createWorld, testTime, type World } from '../../world.ts'
import { evidenceOf, issuerOf } from './evidence.ts'

const requestId = 'f9a5c1f0-0000-4000-8000-000000000001'

let world: World
let evidence: Evidence
let signers: SignerPool

beforeAll(async () => {
  world = await createWorld()
  evidence = await evidenceOf(world)
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(() => {
  Object.assign(world.keys, { signatures: 0, signInstead: undefined })
  const { keys: source } = world
  signers = signerPool({ source, now: () => testTime, onFailure: () => undefined })
})

const prepared = () => {
  const circumstances = { now: testTime, random: (octets: number) => randomBytes(octets) }
  return prepare(evidence, issuerOf(evidence, testTime), circumstances)
}
const issueNow = (what = prepared()) => issue(what, signers, { requestId })

describe('issue()', () => {
  it('signs once and tells what it signed', async () => {
    const issued = await issueNow()
    expect(world.keys.signatures).toBe(1)
    const { tbs } = parseCertificate(issued.certificate)
    expect(issued).toMatchObject({ issuerId: 'issuer~0001', requestId, serialNumber: serialNumberHex(tbs) })
    expect(issued.validity).toEqual({ notBefore: tbs.notBefore, notAfter: tbs.notAfter })
  })

  it('makes a certificate that another program verifies', async () => {
    const leaf = new X509Certificate((await issueNow()).certificate)
    const issuer = evidence.authority.generations.find(({ kind }) => kind === 'issuer')
    const issuerX509 = new X509Certificate(issuer?.certificate ?? '')
    expect([leaf.ca, leaf.checkIssued(issuerX509), leaf.verify(issuerX509.publicKey)]).toEqual([
      false,
      true,
      true,
    ])
    expect(leaf.subject).toBe('CN=alice@contoso.example')
  })

  it('refuses a signature that does not verify', async () => {
    world.keys.signInstead = (signer) => signer.probe(requestId)
    const refusal = await issueNow().catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'signer-unavailable',
      status: 503,
      options: { cause: { code: 'signature-unverified' } },
    })
  })

  it('refuses with 503 when the key does not answer', async () => {
    world.keys.signInstead = () => Promise.reject(new Error('throttled'))
    const refusal = await issueNow().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'signer-unavailable', status: 503 })
  })

  it('signs nothing twice, not even after a failure', async () => {
    const once = prepared()
    world.keys.signInstead = () => Promise.reject(new Error('throttled'))
    await expect(issueNow(once)).toRefuse('signer-unavailable')
    world.keys.signInstead = undefined
    await expect(issueNow(once)).rejects.toThrow(/only once/)
    expect(world.keys.signatures).toBe(1)
  })
})
