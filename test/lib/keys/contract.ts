import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import {
  type AuthorityAlgorithm,
  authorityAlgorithms,
  type KeyProvider,
  probeOctets,
} from '../../../lib/keys/signer.ts'
import { DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { keyHash, parsePublicKey } from '../../../lib/x509/publicKey.ts'
import { verifiesSignature } from '../../../lib/x509/signatureAlgorithm.ts'
import { claim } from '../../../lib/prepared/prepared.ts'
import { preparedFor } from '../../preparedFor.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'

/** A provider under test. */
export interface ContractSubject {
  /** Two providers of the same keys. */
  make(): Promise<readonly [KeyProvider, KeyProvider]>
  /** The reference of a key that does not exist, given that of one that does. */
  missing(reference: string): string
  readonly refusals: { readonly missing: RefusalCode; readonly otherAlgorithm: RefusalCode }
}

const requestId = '00000000-0000-4000-8000-000000000000'
const digests: Record<AuthorityAlgorithm, string> = { ES256: 'sha256', ES384: 'sha384', RS256: 'sha256' }

/** A name that no other test has. */
const issuerKey = () => `t${randomUUID()}.issuer-1`

const pem = (spki: Uint8Array): string =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    .export({ format: 'pem', type: 'spki' })
    .toString()

/** r and s of a DER Ecdsa-Sig-Value, which the reader takes in its minimal form only. */
const readIntegers = (der: Uint8Array): readonly [Uint8Array, Uint8Array] => {
  const reader = new DerReader(der)
  const members = reader.enter(derTag.sequence)
  reader.end()
  const integers = [members.readInteger(), members.readInteger()] as const
  members.end()
  return integers
}

/** What every key provider does: the suite that local keys and Key Vault both pass. */
export const keyProviderContract = (subject: ContractSubject): void => {
  describe.each(authorityAlgorithms)('a key of %s', (algorithm) => {
    it('is created, opened, and signs what node:crypto and openssl verify', async () => {
      const [keys] = await subject.make()
      const reference = await keys.create(issuerKey(), algorithm)
      const signer = await keys.open(reference)
      expect(signer.algorithm).toBe(algorithm)
      const prepared = preparedFor(signer.publicKey)
      const tbs = prepared.octets
      claim(prepared, signer.publicKey)
      const signature = await signer.sign(prepared, requestId)
      const { keyObject } = parsePublicKey(signer.publicKey)
      expect(verify(digests[algorithm], tbs, keyObject, signature)).toBe(true)
      expect(verify(digests[algorithm], Buffer.from('another'), keyObject, signature)).toBe(false)
      const folder = await temporaryFolder()
      const [keyFile, signatureFile] = [join(folder, 'key.pem'), join(folder, 'signature')]
      await writeFile(keyFile, pem(signer.publicKey))
      await writeFile(signatureFile, signature)
      const judged = openssl(
        ['dgst', `-${digests[algorithm]}`, '-verify', keyFile, '-signature', signatureFile],
        tbs,
      )
      expect(judged.toString()).toBe('Verified OK\n')
    })

    it('is the same key for whoever creates it again, and for whoever opens it elsewhere', async () => {
      const [keys, others] = await subject.make()
      const name = issuerKey()
      const reference = await keys.create(name, algorithm)
      expect(await keys.create(name, algorithm)).toBe(reference)
      expect(await others.create(name, algorithm)).toBe(reference)
      const [mine, other] = [await keys.open(reference), await others.open(reference)]
      expect(mine.publicKey).toEqual(other.publicKey)
    })
  })

  it('makes another key for each name, and tells them apart', async () => {
    const [keys] = await subject.make()
    const tenant = `t${randomUUID()}`
    const rests = ['.root-1', '.issuer-1', '-.root-1', '--root-1.root-1', '-0.root-1', '-root-1']
    const names = rests.map((rest) => `${tenant}${rest}`)
    const references = await Promise.all(names.map((name) => keys.create(name, 'ES256')))
    expect(new Set(references).size).toBe(names.length)
    const opened = await Promise.all(references.map((reference) => keys.open(reference)))
    expect(new Set(opened.map(({ publicKey }) => keyHash(publicKey))).size).toBe(names.length)
  })

  it('gives an RSA key of 3072 bits', async () => {
    const [keys] = await subject.make()
    const { publicKey } = await keys.open(await keys.create(issuerKey(), 'RS256'))
    expect(parsePublicKey(publicKey).keyObject.asymmetricKeyDetails).toEqual({
      modulusLength: 3072,
      publicExponent: 65_537n,
    })
  })

  it('refuses a key that exists for another algorithm', async () => {
    const [keys] = await subject.make()
    const name = issuerKey()
    await keys.create(name, 'ES256')
    const { otherAlgorithm } = subject.refusals
    await expect(keys.create(name, 'ES384')).toRefuse(otherAlgorithm, /for ES/)
    await expect(keys.create(name, 'RS256')).toRefuse(otherAlgorithm)
  })

  it('refuses to open a key that does not exist', async () => {
    const [keys] = await subject.make()
    const missing = subject.missing(await keys.create(issuerKey(), 'ES256'))
    await expect(keys.open(missing)).toRefuse(subject.refusals.missing)
  })

  it.each(['', '.', '../a', 'a/b', 'A.root-1', 'a.root_1', 'a b', 'é.root-1', `${'a'.repeat(127)}.b`])(
    'refuses to create a key named %j',
    async (name) => {
      const [keys] = await subject.make()
      await expect(keys.create(name, 'ES256')).toRefuse(
        subject.refusals.otherAlgorithm,
        /its name is not allowed/,
      )
    },
  )

  it('holds the keys it makes, and no others', async () => {
    const [keys] = await subject.make()
    expect(keys.holds(await keys.create(issuerKey(), 'ES256'))).toBe(true)
    const elsewhere = `https://elsewhere.vault.azure.net/keys/a/${'0'.repeat(32)}`
    expect([elsewhere, 'offline:', 'other:a', ''].map((one) => keys.holds(one))).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  it('signs twenty at once, from the first on', async () => {
    const [keys] = await subject.make()
    const signer = await keys.open(await keys.create(issuerKey(), 'ES256'))
    const { keyObject } = parsePublicKey(signer.publicKey)
    const all = Array.from({ length: 20 }, () => preparedFor(signer.publicKey))
    const signatures = await Promise.all(
      all.map((one) => {
        claim(one, signer.publicKey)
        return signer.sign(one, requestId)
      }),
    )
    const verified = signatures.map((signature, index) =>
      verifiesSignature({
        algorithm: 'ES256',
        publicKey: keyObject,
        signature,
        signed: all[index]?.octets ?? expect.fail(),
      }),
    )
    expect(verified).toEqual(all.map(() => true))
  })

  it('writes minimal integers, whatever the first bits of r and s are', async () => {
    const [keys] = await subject.make()
    const signer = await keys.open(await keys.create(issuerKey(), 'ES256'))
    const { keyObject: publicKey } = parsePublicKey(signer.publicKey)
    let padded = 0
    for (let round = 0; round < 10; round++) {
      const signatures = await Promise.all(Array.from({ length: 20 }, () => signer.probe(requestId)))
      for (const signature of signatures) {
        padded += readIntegers(signature).filter(([first]) => first === 0).length
        expect(verifiesSignature({ algorithm: 'ES256', publicKey, signed: probeOctets, signature })).toBe(
          true,
        )
      }
    }
    // Half of 400 integers have their first bit set; fewer than 100 would be a matter of 10^-23.
    expect(padded).toBeGreaterThan(100)
    expect(padded).toBeLessThan(300)
  })
}
