import 'reflect-metadata'
import { X509CertificateGenerator } from '@peculiar/x509'
import { makeTokenKey, type TestIssuer, type TokenChanges, type TokenKey } from '../../tokens.ts'
import type { Members } from '../../tenants.ts'

/** The certificate that a stranger makes for their own key, as `x5c` has it. */
const certificateOf = async ({ alg, privateKey, publicKey }: TokenKey): Promise<string> => {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Mayfly posture',
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: alg === 'ES256' ? 'ECDSA' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  })
  return certificate.toString('base64')
}

/** Tells where a key is by a header, which is the stranger's to write. */
type HeaderOf = (stranger: TestIssuer) => Members | Promise<Members>

const headers: Readonly<Record<string, HeaderOf>> = {
  'signed by a wrong key': () => ({}),
  'signed by the key of its jwk': ({ key }) => ({ jwk: key.jwk }),
  'signed by the key at its jku': ({ url }) => ({ jku: `${url}/keys` }),
  'signed by the key of its x5c': async ({ key }) => ({ x5c: [await certificateOf(key)] }),
  'signed by the key at its x5u': ({ url }) => ({ x5u: `${url}/keys` }),
}

/** Has a stranger sign in place of an issuer, by the name of the issuer's key: the stranger publishes theirs by that name. */
export type ByStranger = (
  issuer: { readonly key: TokenKey },
  stranger: TestIssuer,
) => Promise<Pick<TokenChanges, 'key' | 'header'>>

/** The ways to do so, as a table tells them. */
export const signedByStranger: readonly (readonly [how: string, by: ByStranger])[] = Object.entries(
  headers,
).map(([how, headerOf]) => [
  how,
  async ({ key: { kid, alg } }, stranger) => {
    const key = alg === stranger.key.alg ? stranger.key : await makeTokenKey(alg)
    stranger.published.push({ ...key.jwk, kid })
    return { key, header: { kid, ...(await headerOf({ ...stranger, key })) } }
  },
])
