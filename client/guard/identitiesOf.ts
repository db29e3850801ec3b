import { hash } from 'node:crypto'
import { extensionValue, parseCertificate, serialNumberHex } from '../../lib/x509/certificate.ts'
import { decodeSubjectKeyIdentifier, extensionOid } from '../../lib/x509/extension.ts'
import { parsePublicKey } from '../../lib/x509/publicKey.ts'
import { oneSpelling } from '../../lib/text/oneSpelling.ts'
import type { SessionCertificate } from './session.ts'

/** A relative name of charon's spelling of a distinguished name: `C=NL, CN=ada@contoso.example`. */
const commonName = /(?:^|, )CN=(.*?)(?=, [A-Za-z][A-Za-z0-9.]*=|$)/g

const octetsForm = /^[\da-f]{2}(:[\da-f]{2})+$/

/**
 * Tells the names that an IKE identity stands for, as charon writes it: itself, the common names in it, or the octets of a key
 * identifier without colons.
 */
export const namesInIdentity = (identity: string): readonly string[] => {
  const name = oneSpelling(identity)
  if (octetsForm.test(name)) return [name.replaceAll(':', '')]
  return [name, ...[...identity.matchAll(commonName)].map(([, common = '']) => oneSpelling(common))]
}

/**
 * Tells what a client may call itself by a certificate: by its names, or by what identifies certificate or key (ID_KEY_ID of RFC
 * 7296 section 3.5), so that nobody is overlooked who hides the name.
 * @throws {Refusal} `csr-key-refused` for a key that Mayfly certifies none of
 */
export const identitiesOf = ({ der, names }: SessionCertificate): readonly string[] => {
  const { tbs } = parseCertificate(der)
  const spki = tbs.subjectPublicKeyInfo
  const value = extensionValue(tbs, extensionOid.subjectKeyIdentifier)
  return [
    ...names,
    serialNumberHex(tbs),
    hash('sha1', spki),
    hash('sha1', parsePublicKey(spki).bits),
    ...(value ? [Buffer.from(decodeSubjectKeyIdentifier(value)).toString('hex')] : []),
  ]
}
