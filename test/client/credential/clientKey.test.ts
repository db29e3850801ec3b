import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keySha256, softwareKeys } from '../../../client/credential/clientKey.ts'
import { keyAlgorithms } from '../../../client/credential/keySettings.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { openssl } from '../../openssl.ts'

describe.each(keyAlgorithms)('a key of the kind %s', (algorithm) => {
  it('makes requests that the service and openssl take, and opens again as it was', async () => {
    const keys = softwareKeys(algorithm)
    const key = await keys.make()
    const csr = await key.makeCsr()
    const { publicKey, keyHash } = verifyCsr(decodeCsr(csr))
    expect(keySha256(key).toString('hex')).toBe(keyHash)
    expect(createHash('sha256').update(publicKey.spki).digest('hex')).toBe(keyHash)
    expect(String(openssl(['req', '-inform', 'DER', '-verify', '-noout', '-subject'], csr))).toMatch(
      /^subject=\s*$/m,
    )
    expect((await keys.open(key.pem))?.pem).toBe(key.pem)
  })

  it('is told from those of other kinds', async () => {
    const { pem } = await softwareKeys(algorithm).make()
    const opening = keyAlgorithms
      .filter((name) => name !== algorithm)
      .map((name) => softwareKeys(name).open(pem))
    expect((await Promise.all(opening)).every((opened) => opened === undefined)).toBe(true)
  })
})
