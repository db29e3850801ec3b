import { createPublicKey } from 'node:crypto'
import { verifyCsr } from '../../lib/x509/verifyCsr.ts'
import type { ClientKey } from '../credential/clientKey.ts'

/**
 * The key of a request that was made before: whoever has the request needs the private half no more.
 * @param csr base64 of DER.
 * @throws {Refusal} `csr-malformed`, `csr-signature-invalid` or `csr-key-rejected` for what is no request
 */
export const requestedKey = (csr: string): ClientKey => {
  const der = Buffer.from(csr, 'base64')
  const { spki } = verifyCsr(der).publicKey
  return {
    publicKey: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
    makeCsr: async () => der,
  }
}
