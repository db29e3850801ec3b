import { Refusal } from '../../lib/errors/refusal.ts'
import { extensionValue, parseCertificate } from '../../lib/x509/certificate.ts'
import { DerError } from '../../lib/x509/derReader.ts'
import { decodeName } from '../../lib/x509/encodeName.ts'
import { decodeSubjectAltName, extensionOid } from '../../lib/x509/extension.ts'
import { keyHash } from '../../lib/x509/publicKey.ts'
import { oneSpelling } from '../../lib/text/oneSpelling.ts'
import type { SessionCertificate } from './session.ts'

const commonNameOid = '2.5.4.3'
const deviceForm = /^urn:uuid:([\da-f-]{36})$/i

const read = (der: Uint8Array): SessionCertificate => {
  const { tbs } = parseCertificate(der)
  const { notBefore, notAfter, subject, subjectPublicKeyInfo } = tbs
  const value = extensionValue(tbs, extensionOid.subjectAltName)
  const general = (value ? decodeSubjectAltName(value) : []).filter((name) => name !== undefined)
  const texts = general.flatMap((name) =>
    name.kind === 'upn' || name.kind === 'rfc822Name' ? [name.value] : [],
  )
  const common = decodeName(subject).flatMap(({ type, utf8 }) =>
    type === commonNameOid && utf8 !== undefined ? [utf8] : [],
  )
  const [deviceId] = general.flatMap((name) =>
    name.kind === 'uniformResourceIdentifier' ? (deviceForm.exec(name.value)?.slice(1) ?? []) : [],
  )
  return {
    der,
    names: [...new Set([...texts, ...common].map(oneSpelling))],
    deviceId: deviceId?.toLowerCase(),
    keyHash: keyHash(subjectPublicKeyInfo),
    notBefore,
    notAfter,
  }
}

/** Reads the certificate of a client. @returns undefined for what Mayfly would not issue: it tells nothing. */
export const readSessionCertificate = (der: Uint8Array): SessionCertificate | undefined => {
  try {
    return read(der)
  } catch (error) {
    if (error instanceof Refusal || error instanceof DerError) return undefined
    throw error
  }
}
