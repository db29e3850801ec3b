import type { DerElement } from './derReader.ts'
import { derTag } from './derTag.ts'

type Decode = (octets: Uint8Array) => string | undefined

const latin1: Decode = (octets) => Buffer.from(octets).toString('latin1')

const decoding = (label: string): Decode => {
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true })
  return (octets) => {
    try {
      return decoder.decode(octets)
    } catch {
      return undefined
    }
  }
}

/** How OpenSSL reads the string types; it takes T61String for Latin-1, as everybody does. */
const decoders: Readonly<Record<number, Decode>> = {
  [derTag.utf8String]: decoding('utf-8'),
  [derTag.numericString]: latin1,
  [derTag.printableString]: latin1,
  [derTag.t61String]: latin1,
  [derTag.ia5String]: latin1,
  [derTag.visibleString]: latin1,
  [derTag.bmpString]: decoding('utf-16be'),
}

/**
 * Decodes the value of an attribute of a Name: DirectoryString of RFC 5280 appendix A.1 but UniversalString,
 * which OpenSSL writes into no name, and the other string types.
 * @returns undefined when it is no string, or not one of its type.
 */
export const decodeDirectoryString = ({ tag, contents }: DerElement): string | undefined =>
  decoders[tag]?.(contents)
