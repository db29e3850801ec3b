import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { issuerCsr, requestKey } from '../../../../lib/authority/change/requestKey.ts'
import { authorityAlgorithms } from '../../../../lib/keys/signer.ts'
import { verifyCsr } from '../../../../lib/x509/verifyCsr.ts'
import { keyIdentifier } from '../../../../lib/x509/publicKey.ts'
import { openssl } from '../../../openssl.ts'
import { colons } from '../../profile/fixtures/opensslText.ts'
import { generationIn } from '../generations.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'

const requestOf = async (made: MadeAuthority, requestId = randomUUID() as string) => {
  const before = await made.read()
  const root = generationIn(before, 'root~0002')
  const next = await requestKey(made.tenant, { before, root }, made.ceremony())
  return { ...next, csr: await issuerCsr(made.tenant, next, requestId) }
}

describe('issuerCsr()', () => {
  it.each(authorityAlgorithms)(
    'asks, by a request of %s that openssl verifies, for what an issuer must have',
    async (algorithm) => {
      await using made = await makeAuthority({ authority: { algorithm } })
      const { csr, key, number } = await requestOf(made)
      expect(number).toBe(2)
      const text = openssl(
        ['req', '-inform', 'DER', '-noout', '-verify', '-text', '-nameopt', 'RFC2253'],
        csr,
      ).toString()
      const asked = text.slice(text.indexOf('Requested Extensions:'), text.indexOf('Signature Algorithm:'))
      expect(asked.split('\n').map((line) => line.trim())).toEqual([
        'Requested Extensions:',
        'X509v3 Subject Key Identifier:',
        colons(keyIdentifier(key.publicKey.bits)),
        'X509v3 Basic Constraints: critical',
        'CA:TRUE, pathlen:0',
        'X509v3 Key Usage: critical',
        'Certificate Sign',
        'X509v3 Extended Key Usage:',
        'TLS Web Client Authentication, 1.3.6.1.4.1.311.87',
        'X509v3 Certificate Policies:',
        'Policy: X509v3 Any Policy',
        '',
      ])
      expect(text).toMatch(/Subject: CN=VPN issuer 2 [0-9a-f]{8},O=Contoso\n/)
    },
  )

  it('proves possession of the issuer key, as verifyCsr() sees it too', async () => {
    await using made = await makeAuthority()
    const { csr, key } = await requestOf(made)
    expect(Buffer.from(verifyCsr(csr).publicKey.spki).equals(Buffer.from(key.publicKey.spki))).toBe(true)
  })

  it("asks for the tenant's marker", async () => {
    await using made = await makeAuthority({ certificate: { markerOid: '1.3.6.1.4.1.99999.87' } })
    const text = openssl(['req', '-inform', 'DER', '-noout', '-text'], (await requestOf(made)).csr).toString()
    expect(text).toMatch(/TLS Web Client Authentication, 1\.3\.6\.1\.4\.1\.99999\.87/)
  })

  it('asks with the same key again: a request that was lost is made anew', async () => {
    await using made = await makeAuthority()
    const [one, two] = [await requestOf(made), await requestOf(made)]
    expect(one.key.reference).toBe(two.key.reference)
    expect(one.key.publicKey.spki).toEqual(two.key.publicKey.spki)
  })

  it('hands the request id to the key, and refuses a signature that does not verify', async () => {
    await using made = await makeAuthority()
    const requestId = randomUUID()
    const seen: string[] = []
    made.keys.signInstead = (signer, _, id) => {
      seen.push(id)
      return signer.probe(id)
    }
    await expect(requestOf(made, requestId)).toRefuse('signature-unverified')
    expect(seen).toEqual([requestId])
  })
})
