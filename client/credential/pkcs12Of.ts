import { parseCertificate } from '../../lib/x509/certificate.ts'
import { decodeName } from '../../lib/x509/encodeName.ts'
import { parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { encodePkcs12, type Pkcs12Contents } from './encodePkcs12.ts'
import { readPassword } from './readPassword.ts'

/** The last name that a certificate gives its subject: a common name, which stays the same at renewals. */
const nameIn = (certificate: string): string | undefined => {
  const [der] = parsePemCertificates(certificate)
  return der && decodeName(parseCertificate(der).tbs.subject).at(-1)?.utf8
}

/**
 * Makes the PKCS#12 file of a credential, which programs call by the name of its subject.
 * @param passwordFile read each time, so that another password comes into use at the next renewal.
 * @returns DER.
 * @throws {Refusal} those of readPassword()
 */
export const pkcs12Of = async (
  contents: Omit<Pkcs12Contents, 'friendlyName'>,
  passwordFile: string,
): Promise<Uint8Array> => {
  const password = await readPassword(passwordFile)
  return encodePkcs12({ ...contents, friendlyName: nameIn(contents.certificate) ?? 'mayfly' }, password)
}
