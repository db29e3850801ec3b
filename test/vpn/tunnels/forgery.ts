import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundledCertificate } from '../../../lib/bundle/bundleContent.ts'
import type { TrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { leafTbs, leafValidity, type Validity } from '../../../lib/profile/leafProfile.ts'
import { encodeCertificate, parseCertificate } from '../../../lib/x509/certificate.ts'
import {
  clientAuthOid,
  decodeSubjectKeyIdentifier,
  type Extension,
  extensionOid,
  extKeyUsage,
  subjectAltName,
} from '../../../lib/x509/extension.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { parsePublicKey } from '../../../lib/x509/publicKey.ts'
import { signatureAlgorithms } from '../../../lib/x509/signatureAlgorithm.ts'
import {
  encodeTbsCertificate,
  serialNumberFrom,
  type TbsCertificate,
} from '../../../lib/x509/tbsCertificate.ts'
import { defaultMarkerOid } from '../../lib/profile/fixtures/markerOid.ts'
import type { Credential } from './credential.ts'

/** A CA's certificate with its key. */
export interface Signing {
  readonly der: Uint8Array
  readonly key: KeyObject
}

/** What a thief of an issuer's key makes different from what the service writes. */
export interface Forging {
  readonly name: string
  readonly user: string
  readonly validity?: Validity
  /** The key purposes; an empty list for no extension at all. */
  readonly purposes?: readonly string[]
  /** DER of what is sent after the leaf; the issuer when left out. */
  readonly chain?: readonly Uint8Array[]
}

const publicOf = (key: KeyObject) =>
  parsePublicKey(createPublicKey(key).export({ format: 'der', type: 'spki' }))
const ownKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pemOf = (der: Uint8Array): string => encodePem('CERTIFICATE', der)
const signed = (tbs: TbsCertificate, key: KeyObject): Uint8Array => {
  const octets = encodeTbsCertificate({ ...tbs, signature: 'ES256' })
  return encodeCertificate(octets, 'ES256', sign(signatureAlgorithms.ES256.digest, octets, key))
}

/** The validity that ends these seconds from now: negative for one that is over. */
export const endingIn = (seconds: number): Validity => leafValidity(new Date(), seconds, 300)

/** The validity of one that was given out an hour too early. */
export const notYet = (): Validity => leafValidity(new Date(Date.now() + 3_600_000), 3600, 0)

/** Finds the key of a certificate of a bundle among those of the service. @param folder of local keys */
export const signingOf = async ({ der }: BundledCertificate, folder: string): Promise<Signing> => {
  const { subjectPublicKeyInfo } = parseCertificate(der).tbs
  for (const file of await readdir(folder)) {
    const key = createPrivateKey(await readFile(join(folder, file)))
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
    if (spki.equals(subjectPublicKeyInfo)) return { der, key }
  }
  throw new Error('The key of the certificate is not there.')
}

/** Signs a leaf as the service would, or as it never would, by the key of a CA. */
export const forge = ({ der, key }: Signing, forging: Forging): Credential => {
  const { name, user, validity = endingIn(3600), purposes = usualPurposes, chain = [der] } = forging
  const own = ownKey()
  const { tbs } = parseCertificate(der)
  const identifier = tbs.extensions.find(({ oid }) => oid === extensionOid.subjectKeyIdentifier)
  const usual = leafTbs({
    profile: { lifetimeSeconds: 3600, backdateSeconds: 300, markerOid: defaultMarkerOid, noRevAvail: true },
    identity: { commonName: user, upn: user },
    issuer: {
      subject: tbs.subject,
      subjectKeyIdentifier: decodeSubjectKeyIdentifier(identifier?.value ?? new Uint8Array()),
      publicKeyInfo: tbs.subjectPublicKeyInfo,
      algorithm: 'ES256',
      notBefore: tbs.notBefore,
      notAfter: tbs.notAfter,
      extKeyUsage: usualPurposes,
    },
    publicKey: publicOf(own),
    serialNumber: serialNumberFrom(randomBytes(16)),
    validity,
  })
  const extensions = usual.extensions.flatMap((extension): readonly Extension[] => {
    if (extension.oid !== extensionOid.extKeyUsage) return [extension]
    return purposes.length === 0 ? [] : [extKeyUsage(purposes)]
  })
  return {
    name,
    user,
    key: own.export({ format: 'pem', type: 'pkcs8' }).toString(),
    leaf: pemOf(signed({ ...usual, extensions }, key)),
    chain: chain.map(pemOf),
  }
}

export const usualPurposes = [clientAuthOid, defaultMarkerOid]
export const markerAlone = [defaultMarkerOid]
export const clientAuthAlone = [clientAuthOid]

/** Makes root and issuer that differ from those of a bundle in nothing but their keys, and signs with the issuer's. */
export const lookAlike = (bundle: TrustBundle, forging: Forging): Credential => {
  const [root, issuer] = [bundle.roots[0], bundle.issuers[0]]
  if (!root || !issuer) throw new Error('The bundle is empty.')
  const [rootKey, issuerKey] = [ownKey(), ownKey()]
  const copy = (der: Uint8Array, own: KeyObject, by: KeyObject) =>
    signed({ ...parseCertificate(der).tbs, subjectPublicKeyInfo: publicOf(own).spki }, by)
  const [ownRoot, ownIssuer] = [copy(root.der, rootKey, rootKey), copy(issuer.der, issuerKey, rootKey)]
  return forge({ der: ownIssuer, key: issuerKey }, { ...forging, chain: [ownIssuer, ownRoot] })
}

/** Writes a certificate of a name that the key in it signed, and that is otherwise as the credential's. */
export const selfSigned = (
  { leaf }: Credential,
  { name, user }: Pick<Credential, 'name' | 'user'>,
): Credential => {
  const key = ownKey()
  const { tbs } = parseCertificate(derOf(leaf))
  const subject = encodeName([['CN', user]])
  const own = { ...tbs, issuer: subject, subject, subjectPublicKeyInfo: publicOf(key).spki }
  const names = subjectAltName([{ kind: 'upn', value: user }])
  const extensions = own.extensions.map((one) => (one.oid === names.oid ? names : one))
  return {
    name,
    user,
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    leaf: pemOf(signed({ ...own, extensions }, key)),
    chain: [],
  }
}

/** Signs a leaf with the key of another leaf, which is sent along. */
export const underLeaf = (above: Credential, forging: Forging): Credential => {
  const der = derOf(above.leaf)
  const { chain, ...rest } = forge({ der, key: createPrivateKey(above.key) }, forging)
  return { ...rest, chain: [...chain, ...above.chain] }
}

/** DER of the first certificate of a PEM text. */
export const derOf = (pem: string): Uint8Array =>
  Buffer.from(/-----BEGIN CERTIFICATE-----([^-]*)-----END/.exec(pem)?.[1] ?? '', 'base64')
