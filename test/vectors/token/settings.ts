import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'
import { entraTrust, genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import {
  entraTestIssuer,
  genericTestIssuer,
  makeTokenKey,
  type TestIssuer,
  type TokenKey,
} from '../../tokens.ts'
import type { Signers } from './tokenCase.ts'

/** When the tokens of the corpus are issued and verified: a whole second, so that `exp` can be equal to it. */
export const corpusTime = new Date('2026-03-02T10:00:00Z')

/** A tenant that a case is made for. */
export interface Setting {
  readonly issuer: TestIssuer
  readonly signers: Signers
  readonly now: Date
  /** The configuration document that trusts the issuer. */
  document(tenant: string): Members
}

/** The tenants of the corpus. */
export type SettingName =
  /** RFC 9068 tokens by an EC key. */
  | 'generic'
  /** Delegated tokens of a Microsoft Entra directory. */
  | 'entra'
  /** A generic issuer with an RSA key, where other algorithms are allowed too. */
  | 'rsa'
  /** A generic issuer that publishes a second key. */
  | 'severalKeys'
  /** A generic issuer of a tenant that tells its tokens from others' by the claim `org`. */
  | 'tenantClaim'
  /** A generic issuer of a tenant whose certificates need a security identifier. */
  | 'sidRequired'

const selfSigned = async ({ publicKey, privateKey }: TokenKey): Promise<string> => {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=stranger',
    keys: { publicKey, privateKey },
    signingAlgorithm: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  })
  return Buffer.from(certificate.rawData).toString('base64')
}

const options = { now: () => corpusTime }

const sidRules = {
  certificate: { sid: { mode: 'required', domains: ['S-1-5-21-1111111111-2222222222-3333333333'] } },
}

/** Makes the tenants' issuers, with fresh keys and URLs of their own. */
export const makeSettings = async (): Promise<Readonly<Record<SettingName, Setting>>> => {
  const stranger = await makeTokenKey('ES256')
  const strangerCertificate = await selfSigned(stranger)
  const ecKey = await makeTokenKey('ES256')
  const rsaKey = await makeTokenKey('RS256')
  const directoryId = randomUUID()
  const setting = (issuer: TestIssuer, trust: Members, changes: Members = {}): Setting => ({
    issuer,
    signers: { issuer: issuer.key, stranger, strangerCertificate },
    now: corpusTime,
    document: (tenant) => tenantDocument(tenant, [trust], changes),
  })
  const generic = async (key: TokenKey, trust: Members = {}, changes: Members = {}): Promise<Setting> => {
    const issuer = await genericTestIssuer(`https://${randomUUID()}.example/issuer`, { ...options, key })
    return setting(issuer, genericTrust(issuer, trust), changes)
  }
  const entra = await entraTestIssuer(directoryId, { ...options, key: rsaKey })
  const severalKeys = await generic(ecKey)
  severalKeys.issuer.published.push({ ...(await makeTokenKey('ES256')).jwk, kid: 'second' })
  return {
    generic: await generic(ecKey),
    entra: setting(entra, entraTrust(directoryId, entra)),
    rsa: await generic(rsaKey, { algorithms: ['RS256', 'PS256', 'ES256'] }),
    severalKeys,
    tenantClaim: await generic(ecKey, { tenantClaim: { claim: 'org', value: 'red' } }),
    sidRequired: await generic(ecKey, {}, sidRules),
  }
}
