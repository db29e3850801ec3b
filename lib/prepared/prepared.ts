import { parseBundleContent } from '../bundle/bundleContent.ts'
import { verifyPaths } from '../bundle/verifyPaths.ts'
import { Refusal } from '../errors/refusal.ts'
import {
  type CrossExpectation,
  type IssuerExpectation,
  lintCross,
  lintIssuer,
  lintRoot,
  type RootExpectation,
} from '../profile/lintRoot.ts'
import { type LeafExpectation, lintLeaf } from '../profile/lintLeaf.ts'
import { certificateDigest, parseCertificate } from '../x509/certificate.ts'
import { decodeName } from '../x509/encodeName.ts'
import { type CsrContents, encodeCsrInfo } from '../x509/encodeCsr.ts'

/** DER SubjectPublicKeyInfo of the key that signs (RFC 5280 section 4.1.2.7). */
export type SignerKey = Uint8Array

/** Copies octets to memory that nobody else has, reading each once. */
const copyOf = (octets: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(octets.length)
  copy.set(octets)
  return copy
}

/** Keeps everybody outside this file from making evidence, by way of an instance's constructor too. */
const seal = Symbol('prepared')

/**
 * Evidence: octets that keep every rule for what they are, for one key, good for one signature. Keys sign nothing else,
 * and only the functions of this file make one: the static functions throw a TypeError for whatever else has its shape,
 * and no method can be put in their place.
 */
class Prepared {
  readonly #octets: Uint8Array
  readonly #signer: SignerKey
  #use: 'none' | 'claimed' | 'spent' = 'none'

  constructor(mark: symbol, octets: Uint8Array, signer: SignerKey) {
    if (mark !== seal) throw new Error('Only what was checked can be signed.')
    this.#octets = octets
    this.#signer = copyOf(signer)
  }

  /** A copy of what is signed, for verifying the signature. */
  get octets(): Uint8Array {
    return copyOf(this.#octets)
  }

  /** Refuses every key but the one it was prepared for, and a second attempt. @throws {Error} */
  static readonly checkGoodFor = (prepared: Prepared, signer: SignerKey): void => {
    if (Buffer.compare(prepared.#signer, signer) !== 0)
      throw new Error('It was prepared for another key than that which would sign it.')
    if (prepared.#use !== 'none') throw new Error('What is prepared can be signed only once.')
  }

  /** Claims it for the one attempt to sign it, successful or not. @throws {Error} as checkGoodFor() */
  static readonly claim = (prepared: Prepared, signer: SignerKey): void => {
    checkGoodFor(prepared, signer)
    prepared.#use = 'claimed'
  }

  /** Gives a key what it is to sign. @throws {Error} unless it is claimed, and the second time. */
  static readonly spend = (prepared: Prepared): Uint8Array => {
    if (prepared.#use !== 'claimed')
      throw new Error('What is prepared can be signed only once, and when it is claimed.')
    prepared.#use = 'spent'
    return copyOf(prepared.#octets)
  }
}
export type { Prepared }
export const { checkGoodFor, claim, spend } = Prepared

/** Checks a copy, which is then signed: the originals may change after the check, or be read otherwise the second time. */
const prepareCopy = (given: Uint8Array, signer: SignerKey, lint: (octets: Uint8Array) => void): Prepared => {
  const octets = copyOf(given)
  lint(octets)
  return new Prepared(seal, octets, signer)
}

/** Prepares a leaf for the issuer it names. @param tbs DER TBSCertificate. @throws {Refusal} `lint-failed` */
export const prepareLeaf = (tbs: Uint8Array, expected: LeafExpectation): Prepared =>
  prepareCopy(tbs, expected.issuer.publicKeyInfo, (octets) => lintLeaf(octets, expected))

/** Prepares a root for its own key. @param tbs DER TBSCertificate. @throws {Refusal} `lint-failed` */
export const prepareRoot = (tbs: Uint8Array, expected: RootExpectation): Prepared =>
  prepareCopy(tbs, expected.publicKey.spki, (octets) => lintRoot(octets, expected))

/** Prepares an issuer for its root. @param tbs DER TBSCertificate. @throws {Refusal} `lint-failed` */
export const prepareIssuer = (tbs: Uint8Array, expected: IssuerExpectation): Prepared =>
  prepareCopy(tbs, expected.rootKeyInfo, (octets) => lintIssuer(octets, expected))

/** Prepares a cross certificate for the root that signs. @param tbs DER TBSCertificate. @throws {Refusal} `lint-failed` */
export const prepareCross = (tbs: Uint8Array, expected: CrossExpectation): Prepared =>
  prepareCopy(tbs, expected.rootKeyInfo, (octets) => lintCross(octets, expected))

/**
 * Prepares the request for an issuer that an offline root certifies, for the issuer's own key. A CertificationRequestInfo
 * (RFC 2986 section 4.1) has a Name where every TBSCertificate has an AlgorithmIdentifier or a number: it is never one.
 * @throws {DerError} for a subject that is no Name
 */
export const prepareRequest = (contents: CsrContents): Prepared => {
  decodeName(contents.subject)
  return new Prepared(seal, encodeCsrInfo(contents), contents.subjectPublicKeyInfo)
}

/** The media type of the signed bundle, `application/` left out as RFC 7515 section 4.1.9 advises. */
export const bundleJwsType = 'mayfly-trust+jws'

/** A root that signs a bundle. */
export interface BundleSigner {
  /** DER Certificate. */
  readonly certificate: Uint8Array
  /** The JOSE name of its algorithm. */
  readonly algorithm: string
}

/** Holds a bundle to what its readers will: a bundle that they refuse would keep every server from the next one. */
const lintBundle = (json: string, root: Uint8Array): void => {
  const digest = certificateDigest(root)
  try {
    const content = parseBundleContent(json)
    verifyPaths(content)
    if (content.roots.some(({ sha256 }) => sha256 === digest)) return
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal('lint-failed', `Cannot sign the trust bundle. ${error.detail}`, { cause: error })
  }
  throw new Refusal(
    'lint-failed',
    'Cannot sign the trust bundle: it does not hold the root that would sign it.',
  )
}

const base64url = (octets: Uint8Array | string): string => Buffer.from(octets).toString('base64url')

/**
 * Prepares the JWS signing input (RFC 7515 section 5.1) of the JSON bundle, with the root in its `x5c`. It starts with
 * `eyJ`, and so is never a TBSCertificate.
 * @throws {Refusal} `lint-failed`
 */
export const prepareBundle = (given: Uint8Array, { certificate, algorithm }: BundleSigner): Prepared => {
  const json = copyOf(given)
  lintBundle(Buffer.from(json).toString('utf8'), certificate)
  const x5c = [Buffer.from(certificate).toString('base64')]
  const header = JSON.stringify({ alg: algorithm, typ: bundleJwsType, x5c })
  const { subjectPublicKeyInfo } = parseCertificate(certificate).tbs
  const input = Buffer.from(`${base64url(header)}.${base64url(json)}`, 'latin1')
  return new Prepared(seal, input, subjectPublicKeyInfo)
}
