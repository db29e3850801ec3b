import { extensionValue } from '../x509/certificate.ts'
import { decodeExtKeyUsage, extensionOid } from '../x509/extension.ts'
import type { Generation } from './generation.ts'

/** Reads the key purposes, dotted, that the certificate of a generation is constrained to; none where it is to none. */
export const purposesOf = ({ tbs }: Pick<Generation, 'tbs'>): readonly string[] => {
  const value = extensionValue(tbs, extensionOid.extKeyUsage)
  return value === undefined ? [] : decodeExtKeyUsage(value)
}

/** Tells whether an issuer of these key purposes may sign for a marker: for the service, plans and doctor alike. */
export const maySignFor = (purposes: readonly string[], markerOid: string): boolean =>
  purposes.includes(markerOid)
