import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BundledCertificate } from '../../../lib/bundle/bundleContent.ts'
import type { TrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { leafValidity, type Validity } from '../../../lib/profile/leafProfile.ts'
import { clientAuthOid } from '../../../lib/x509/extension.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { defaultMarkerOid } from '../../lib/profile/fixtures/markerOid.ts'
import { openssl } from '../../openssl.ts'
import type { Credential } from './credential.ts'

/** A certificate with its key; PEM. */
export interface Signing {
  readonly certificate: string
  readonly key: string
}

/** The validity that ends these seconds from now: negative for one that is over. */
export const endingIn = (seconds: number): Validity => leafValidity(new Date(), seconds, 300)

/** The validity of one that was given out an hour too early. */
export const notYet = (): Validity => leafValidity(new Date(Date.now() + 3_600_000), 3600, 0)

/** Finds the key of a certificate of a bundle among those of the service. @param folder of local keys */
export const signingOf = async ({ der }: BundledCertificate, folder: string): Promise<Signing> => {
  const { publicKey } = new X509Certificate(der)
  for (const file of await readdir(folder)) {
    const key = await readFile(join(folder, file), 'utf8')
    if (createPublicKey(createPrivateKey(key)).equals(publicKey))
      return { certificate: encodePem('CERTIFICATE', der), key }
  }
  throw new Error('The key of the certificate is not there.')
}

/** What openssl is to certify. */
interface Wanted {
  /** As `-subj` takes it. */
  readonly subject: string
  /** Nobody for what is self-signed. */
  readonly signer: Signing | undefined
  readonly validity: Validity
  /** Lines of a section of openssl's configuration. */
  readonly extensions: readonly string[]
}

const configuration = (folder: string, extensions: readonly string[]): string => `[req]
distinguished_name = any
string_mask = utf8only
[ca]
default_ca = forger
[forger]
database = ${folder}/index
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
organizationName = optional
commonName = supplied
[extensions]
${extensions.join('\n')}
`

/** A time as `openssl ca` takes it. */
const timeText = (time: Date): string => time.toISOString().replaceAll(/[-:T]|\.\d+/g, '')

/** Has openssl make a key, and certify it, in a folder: what this project writes by itself is nowhere in it. */
const certifyIn = (folder: string, { subject, signer, validity, extensions }: Wanted): Signing => {
  const file = (name: string, text?: string): string => {
    if (text !== undefined) writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const own = ['-config', file('openssl.cnf', configuration(folder, extensions))]
  const [key, request, certificate] = [file('key.pem'), file('request.pem'), file('certificate.pem')]
  file('index', '')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(['req', '-new', ...own, ...curve, '-subj', subject, '-keyout', key, '-out', request])
  const by = signer
    ? ['-cert', file('signer.pem', signer.certificate), '-keyfile', file('signer.key', signer.key)]
    : ['-selfsign', '-keyfile', key]
  const times = ['-startdate', timeText(validity.notBefore), '-enddate', timeText(validity.notAfter)]
  const how = ['-batch', '-notext', '-preserveDN', '-extensions', 'extensions']
  openssl(['ca', ...own, ...how, ...by, ...times, '-in', request, '-out', certificate])
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
}

const certify = (wanted: Wanted): Signing => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-forgery-'))
  try {
    return certifyIn(folder, wanted)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whom a certificate is for, and what a thief of an issuer's key makes different from what the service writes. */
export interface Forging {
  readonly name: string
  readonly user: string
  readonly validity?: Validity
  /** The key purposes; an empty list for no extension at all. */
  readonly purposes?: readonly string[]
  readonly hasNoRevAvail?: boolean
  /** PEM of what is sent after the leaf; the issuer when left out. */
  readonly chain?: readonly string[]
}

export const usualPurposes = [clientAuthOid, defaultMarkerOid]
export const markerAlone = [defaultMarkerOid]
export const clientAuthAlone = [clientAuthOid]

const leafExtensions = ({ user, purposes = usualPurposes, hasNoRevAvail = true }: Forging) => [
  'subjectKeyIdentifier = hash',
  'keyUsage = critical, digitalSignature',
  ...(purposes.length === 0 ? [] : [`extendedKeyUsage = ${purposes.join(', ')}`]),
  `subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:${user}`,
  // noRevAvail (RFC 9608): OpenSSL 3.0 writes none by itself.
  ...(hasNoRevAvail ? ['2.5.29.56 = DER:05:00'] : []),
]

const byIssuer = 'authorityKeyIdentifier = keyid:always'

const leaf = (signer: Signing | undefined, forging: Forging): Credential => {
  const { name, user, validity = endingIn(3600), chain = [] } = forging
  const extensions = [...leafExtensions(forging), ...(signer ? [byIssuer] : [])]
  const { certificate, key } = certify({ subject: `/CN=${user}`, signer, validity, extensions })
  return { name, user, key, leaf: certificate, chain }
}

/** Signs a leaf as the service would, or as it never would, by the key of a CA. */
export const forge = (signer: Signing, forging: Forging): Credential =>
  leaf(signer, { chain: [signer.certificate], ...forging })

/** Makes a certificate of a name that the key in it signed, and that is otherwise as that of an honest user. */
export const selfSigned = (forging: Forging): Credential => leaf(undefined, forging)

/** Signs a leaf with the key of another leaf, which is sent along. */
export const underLeaf = (above: Credential, forging: Forging): Credential =>
  forge({ certificate: above.leaf, key: above.key }, { ...forging, chain: [above.leaf, ...above.chain] })

/** Name and key identifier of a certificate, with the types of the strings in the name. */
const identityOf = (pem: string): string => {
  const what = ['-subject', '-nameopt', 'RFC2253,show_type', '-ext', 'subjectKeyIdentifier']
  return openssl(['x509', '-noout', ...what], pem).toString()
}

/** Makes a CA that has the name and the key identifier of another, and none of its keys. */
const copyOf = (der: Uint8Array, signer: Signing | undefined, extensions: readonly string[]): Signing => {
  const pem = encodePem('CERTIFICATE', der)
  const keyIdentifier = /^ +([0-9A-F:]+)$/m.exec(identityOf(pem))?.[1]
  const made = certify({
    subject: `/${new X509Certificate(der).subject.split('\n').join('/')}`,
    signer,
    validity: endingIn(86_400),
    extensions: [
      `subjectKeyIdentifier = ${keyIdentifier}`,
      ...(signer ? [byIssuer] : []),
      'certificatePolicies = 2.5.29.32.0',
      ...extensions,
    ],
  })
  if (identityOf(made.certificate) !== identityOf(pem)) throw new Error('It does not look alike.')
  return made
}

/** Makes root and issuer that look like those of a bundle, and signs with the issuer's key. */
export const lookAlike = (bundle: TrustBundle, forging: Forging): Credential => {
  const [root, issuer] = [bundle.roots[0], bundle.issuers[0]]
  if (!root || !issuer) throw new Error('The bundle is empty.')
  const ownRoot = copyOf(root.der, undefined, [
    'basicConstraints = critical, CA:TRUE',
    'keyUsage = critical, digitalSignature, keyCertSign',
  ])
  const ownIssuer = copyOf(issuer.der, ownRoot, [
    'basicConstraints = critical, CA:TRUE, pathlen:0',
    'keyUsage = critical, keyCertSign',
    `extendedKeyUsage = ${usualPurposes.join(', ')}`,
  ])
  return forge(ownIssuer, { ...forging, chain: [ownIssuer.certificate, ownRoot.certificate] })
}
