import { constants, KeyObject, sign as signOctets } from 'node:crypto'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import type { Members } from '../../tenants.ts'
import type { TokenKey } from '../../tokens.ts'
import type { Setting, SettingName } from './settings.ts'

/** Whoever signs a token: the issuer, or a stranger who has keys of every kind but none that is published. */
export interface Signers {
  readonly issuer: TokenKey
  readonly stranger: TokenKey
  /** Base64 of the stranger's self-signed DER certificate, as `x5c` has it (RFC 7515 section 4.1.6). */
  readonly strangerCertificate: string
}

/** Signs the JWS signing input (RFC 7515 section 5.1). */
export type Sign = (input: string, signers: Signers) => Uint8Array | string | Promise<Uint8Array | string>

/** How a token differs from a good one, in the order in which a token is made. What is left out is good. */
export interface Deviation {
  /** Header parameters to set, or with undefined to leave out. */
  readonly header?: Members | ((signers: Signers) => Members | Promise<Members>)
  /** The octets of the header instead of its JSON. */
  readonly headerText?: (json: string) => string | Uint8Array
  /** Claims to set, or with undefined to leave out; times count from now, in seconds. */
  readonly claims?: Members | ((now: number) => Members)
  /** The octets of the Claims Set instead of its JSON. */
  readonly claimsText?: (json: string) => string | Uint8Array
  /** What is signed, instead of the encoded header and Claims Set. */
  readonly input?: (input: string) => string
  /** The signature, or its base64url; by the issuer, as the header of a good token says, when left out. */
  readonly sign?: Sign
  /** What becomes of the signed token. */
  readonly token?: (token: string, another: string) => string
}

/** A token with one defect, and the refusal it gets. */
export interface TokenCase extends Deviation {
  readonly name: string
  /** Generic unless said otherwise. */
  readonly setting?: SettingName
  readonly code: RefusalCode
  /** What the detail says, where the code alone does not tell this reason from others. */
  readonly detail?: RegExp
  /** Set where the token itself is good, and what comes after verifyToken() refuses it. */
  readonly refusedAfterVerification?: true
}

/** A token that is unusual and good. */
export interface AcceptedCase extends Deviation {
  readonly name: string
  readonly setting?: SettingName
  readonly upn: string
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** RFC 7518 section 3.1. */
const digests: Readonly<Record<string, readonly [digest: string, options: object]>> = {
  ES256: ['sha256', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['sha256', {}],
  RS384: ['sha384', {}],
  PS256: ['sha256', pss],
}

/** Signs with a key, by its own algorithm unless another is named, whatever the header says. */
export const signWith = (input: string, key: TokenKey, algorithm = key.alg): Uint8Array => {
  const row = digests[algorithm]
  if (!row) throw new Error(`No case is signed with ${algorithm}.`)
  const [digest, options] = row
  return signOctets(digest, Buffer.from(input), { key: KeyObject.from(key.privateKey), ...options })
}

/** The signature of a stranger. */
export const byStranger: Sign = (input, { stranger }) => signWith(input, stranger)

const encode = (octets: string | Uint8Array): string => Buffer.from(octets).toString('base64url')

const decode = (segment = ''): Members => JSON.parse(Buffer.from(segment, 'base64url').toString()) as Members

/** What was meant to be changed and is not there would leave a good token: a case that tests nothing. */
const changed = (before: string, after: string): string => {
  if (before !== after) return after
  throw new Error('The case leaves the token as it was.')
}

/** Makes a token that deviates from a good one. */
export const forge = async (deviation: Deviation, { issuer, signers, now }: Setting): Promise<string> => {
  const [goodHeader, goodClaims] = (await issuer.token()).split('.')
  const { header = {}, claims = {}, headerText = String, claimsText = String } = deviation
  const headerChanges = typeof header === 'function' ? await header(signers) : header
  const claimsChanges = typeof claims === 'function' ? claims(now.getTime() / 1000) : claims
  const segments = [
    encode(headerText(JSON.stringify({ ...decode(goodHeader), ...headerChanges }))),
    encode(claimsText(JSON.stringify({ ...decode(goodClaims), ...claimsChanges }))),
  ].join('.')
  const input = deviation.input ? changed(segments, deviation.input(segments)) : segments
  const signature = await (deviation.sign ?? ((text) => signWith(text, signers.issuer)))(input, signers)
  const token = `${input}.${typeof signature === 'string' ? signature : encode(signature)}`
  return deviation.token ? changed(token, deviation.token(token, await issuer.token())) : token
}
