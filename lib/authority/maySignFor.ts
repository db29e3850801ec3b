import { extensionValue } from '../x509/certificate.ts'
import { decodeExtKeyUsage, extensionOid } from '../x509/extension.ts'
import type { Generation } from './generation.ts'

/** Tells whether the key purposes that an issuer is constrained to hold the marker. */
export const maySignFor = ({ tbs }: Pick<Generation, 'tbs'>, markerOid: string): boolean => {
  const value = extensionValue(tbs, extensionOid.extKeyUsage)
  return value !== undefined && decodeExtKeyUsage(value).includes(markerOid)
}
