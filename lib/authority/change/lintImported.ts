import { Refusal } from '../../errors/refusal.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { DerError } from '../../x509/derReader.ts'
import { parsePublicKey, type PublicKey } from '../../x509/publicKey.ts'
import type { Generation } from '../generation.ts'

const refuse = (why: string, cause?: unknown) =>
  new Refusal('certificate-refused', `Cannot take in the certificate: ${why}`, { cause })

/**
 * Lints a certificate that somebody else made: what it breaks is their defect, not ours.
 * @throws {Refusal} `certificate-refused`
 */
export const lintImported = (lint: () => void): void => {
  try {
    lint()
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'lint-failed') throw error
    throw refuse(error.detail, error)
  }
}

/**
 * Parses the key of a certificate that somebody else made.
 * @throws {Refusal} `certificate-refused`
 */
export const importedKey = ({ tbs }: Certificate): PublicKey => {
  try {
    return parsePublicKey(tbs.subjectPublicKeyInfo)
  } catch (error) {
    if (error instanceof Refusal) throw refuse(error.detail, error)
    if (error instanceof DerError) throw refuse(`its key is not DER: ${error.message}.`, error)
    throw error
  }
}

/**
 * Checks that no generation has the name already, or the key: names are distinct, and a key that is tainted never
 * returns.
 * @throws {Refusal} `certificate-refused`
 */
export const checkDistinct = ({ tbs }: Certificate, generations: readonly Generation[]): void => {
  const { subject, subjectPublicKeyInfo: spki } = tbs
  if (generations.some((one) => Buffer.compare(one.tbs.subject, subject) === 0))
    throw refuse('another generation has its name.')
  const sameKey = generations.find((one) => Buffer.compare(one.tbs.subjectPublicKeyInfo, spki) === 0)
  if (sameKey) throw refuse(`its key is that of ${sameKey.id}, which is ${sameKey.state}.`)
}
