import { createPublicKey, type KeyObject } from 'node:crypto'
import { DerReader } from '../../lib/x509/derReader.ts'
import { derTag } from '../../lib/x509/derTag.ts'
import { encodeElement, encodeSequence, encodeUtf8String } from '../../lib/x509/encodeElement.ts'
import { encodePem, parsePem } from '../../lib/x509/pemBlock.ts'

/** A key on a PKCS#11 token, as it is found there. */
export interface Pkcs11Key {
  /** The label of the token. */
  readonly token: string
  /** CKA_LABEL. */
  readonly label: string
  /** CKA_ID, lower-case hex. */
  readonly id: string
  readonly publicKey: KeyObject
}

const pemLabel = 'PKCS#11 PROVIDER URI'
const description = Buffer.from('PKCS#11 Provider URI v1.0', 'latin1')

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** The URI of a private key, RFC 7512 section 2.3, with the file in which programs find the PIN. */
const uriOf = ({ token, label, id }: Pkcs11Key, pinFile: string): string => {
  const octets = id.replaceAll(/../g, '%$&')
  const path = `token=${encodeURIComponent(token)};id=${octets};object=${encodeURIComponent(label)};type=private`
  return `pkcs11:${path}?pin-source=file:${encodePath(pinFile)}`
}

/**
 * Writes a reference to a key as pkcs11-provider reads it instead of a private key. The URI stands before it, for people and
 * for programs that take that, and the public key after it, which is known without the token then.
 */
//  SEQUENCE { VisibleString "PKCS#11 Provider URI v1.0", UTF8String uri }
export const pkcs11Pem = (key: Pkcs11Key, pinFile: string): string => {
  const uri = uriOf(key, pinFile)
  const reference = encodeSequence(encodeElement(derTag.visibleString, description), encodeUtf8String(uri))
  const spki = key.publicKey.export({ format: 'pem', type: 'spki' }).toString()
  return `${uri}\n${encodePem(pemLabel, reference)}${spki}`
}

/** The value of an attribute in the path of a URI; undefined where it has none. */
const attribute = (uri: string, name: string): string | undefined =>
  new RegExp(`^pkcs11:(?:[^?]*;)?${name}=([^;?]*)`).exec(uri)?.[1]

const uriIn = (der: Uint8Array): string => {
  const members = new DerReader(der).enter(derTag.sequence)
  members.read(derTag.visibleString)
  return Buffer.from(members.read(derTag.utf8String).contents).toString()
}

/**
 * Reads a reference to a key that was written here; undefined for a PEM text that is none.
 * @throws {Error} for one that cannot be read
 */
export const pkcs11KeyIn = (pem: string): Pkcs11Key | undefined => {
  const blocks = parsePem(pem)
  const der = blocks.find((block) => block.label === pemLabel)?.der
  if (!der) return undefined
  const uri = uriIn(der)
  const text = (name: string) => decodeURIComponent(attribute(uri, name) ?? '')
  const spki = Buffer.from(blocks.find((block) => block.label === 'PUBLIC KEY')?.der ?? [])
  return {
    token: text('token'),
    label: text('object'),
    id: (attribute(uri, 'id') ?? '').replaceAll('%', '').toLowerCase(),
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  }
}
