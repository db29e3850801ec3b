import 'reflect-metadata'
import { generateKeyPairSync, sign, type webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  Pkcs10CertificateRequest,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { createLocalJWKSet, type JWTVerifyOptions, jwtVerify } from 'jose'
import { type LeafRequest, leafTbs } from '../lib/profile/leafProfile.ts'
import { verifyToken } from '../lib/token/verifyToken.ts'
import { encodeCertificate, parseCertificate } from '../lib/x509/certificate.ts'
import { clientAuthOid, extensionOid } from '../lib/x509/extension.ts'
import { keyIdentifier } from '../lib/x509/publicKey.ts'
import { verifyCsr } from '../lib/x509/verifyCsr.ts'
import { encodeTbsCertificate } from '../lib/x509/tbsCertificate.ts'
import type { BenchWorld, TokenAlgorithm } from './benchWorld.ts'
import type { StageInputs } from './stageInputs.ts'
import { type Task, task } from './measure.ts'

/** Pairs the same thing, done by this project and by a library. */
export interface Alternative {
  readonly what: string
  readonly own: Task
  readonly library: Task
}

interface Pair<Input> {
  readonly what: string
  readonly library: string
  readonly inputs: readonly Input[]
  readonly runOwn: (input: Input) => unknown
  readonly runLibrary: (input: Input) => unknown
}

const alternative = <Input>(pair: Pair<Input>): Alternative => {
  const { what, library, inputs, runOwn, runLibrary } = pair
  return {
    what,
    own: task({ name: `${what}, own`, inputs, run: runOwn }),
    library: task({ name: `${what}, ${library}`, inputs, run: runLibrary }),
  }
}

/** Copies octets as the library wants them: an ArrayBuffer of their own. */
const own = (octets: Uint8Array): ArrayBuffer => Uint8Array.from(octets).buffer
const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

const extensionsOf = ({ profile, identity, issuer, publicKey }: LeafRequest): Extension[] => [
  new AuthorityKeyIdentifierExtension(hex(issuer.subjectKeyIdentifier)),
  new SubjectKeyIdentifierExtension(hex(keyIdentifier(publicKey.bits))),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([clientAuthOid, profile.markerOid]),
  new SubjectAlternativeNameExtension([{ type: 'upn', value: identity.upn }]),
  new Extension(extensionOid.noRevAvail, false, Uint8Array.of(0x05, 0x00)),
]

/**
 * Makes and signs, with @peculiar/x509, the leaf of the default profile.
 * @returns DER Certificate.
 */
const libraryLeaf = async (request: LeafRequest, signingKey: webcrypto.CryptoKey): Promise<Uint8Array> => {
  const { identity, issuer, publicKey, serialNumber, validity } = request
  const certificate = await X509CertificateGenerator.create({
    serialNumber: hex(serialNumber),
    issuer: new Name(own(issuer.subject)),
    subject: new Name([{ CN: [{ utf8String: identity.commonName }] }]),
    ...validity,
    publicKey: new PublicKey(own(publicKey.spki)),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    signingKey,
    extensions: extensionsOf(request),
  })
  return new Uint8Array(certificate.rawData)
}

const leafMade = async ({ request, tbs }: StageInputs): Promise<Alternative> => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = privateKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const { signed } = parseCertificate(await libraryLeaf(request, signingKey))
  if (Buffer.compare(signed, tbs) !== 0)
    throw new Error('The library makes another leaf: nothing to compare.')
  return alternative({
    what: 'leaf made and signed',
    library: '@peculiar/x509',
    inputs: [request],
    runOwn: () => {
      const written = encodeTbsCertificate(leafTbs(request))
      return encodeCertificate(written, 'ES256', sign('sha256', written, privateKey))
    },
    runLibrary: () => libraryLeaf(request, signingKey),
  })
}

const csrVerified = ({ csrs }: BenchWorld): Alternative =>
  alternative({
    what: 'CSR parsed and verified',
    library: '@peculiar/x509',
    inputs: csrs.map(({ der }) => new Uint8Array(der)),
    runOwn: verifyCsr,
    runLibrary: async (der) => {
      if (!(await new Pkcs10CertificateRequest(der).verify())) throw new Error('The library refuses a CSR.')
    },
  })

const certificateParsed = ({ entry }: StageInputs): Alternative =>
  alternative({
    what: 'certificate parsed',
    library: '@peculiar/x509',
    inputs: [new Uint8Array(entry.certificate)],
    runOwn: parseCertificate,
    runLibrary: (der) => new X509Certificate(der),
  })

const tokenVerified = (
  { issuers, tokens, services }: BenchWorld,
  { evidence }: StageInputs,
  algorithm: TokenAlgorithm,
): Alternative => {
  const { url, audience, published } = issuers[algorithm]
  const keySet = createLocalJWKSet({ keys: [...published] })
  const options: JWTVerifyOptions = { issuer: url, audience, algorithms: [algorithm], typ: 'at+jwt' }
  const { keys, now } = services
  return alternative({
    what: `${algorithm} token verified`,
    library: 'jose jwtVerify()',
    inputs: tokens[algorithm],
    runOwn: (token) => verifyToken(token, evidence.tenant, { keys, now: now() }),
    runLibrary: (token) => jwtVerify(token, keySet, options),
  })
}

/** Lists what this project does itself on the hot path, beside the libraries that could do it. */
export const alternatives = async (
  world: BenchWorld,
  inputs: StageInputs,
): Promise<readonly Alternative[]> => [
  await leafMade(inputs),
  csrVerified(world),
  certificateParsed(inputs),
  tokenVerified(world, inputs, 'RS256'),
  tokenVerified(world, inputs, 'ES256'),
]
