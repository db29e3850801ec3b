import { openssl } from '../../openssl.ts'
import type { BadCase, CaseName, GoodCase } from './cases.ts'
import type { Credential } from './credential.ts'
import * as forgery from './forgery.ts'
import type { TunnelWorld } from './world.ts'

/** Credentials by the case that they are for. */
export type Stock<Name extends CaseName = CaseName> = Readonly<Partial<Record<Name, Credential>>>

const domain = 'contoso.example'
/** Each goes by a name of its own: charon remembers the certificates of a name. */
const as = (name: string) => ({ name, user: `${name}@${domain}` })

const sid = 'S-1-5-21-1004336348-1177238915-682003330-1105'

/** Whom the agent gets certificates for: those of the first issuer, of each kind of key and name. */
const users = {
  'P-256, with its chain': { name: 'ada', upn: `ada@${domain}` },
  'P-384': { name: 'bob', upn: `bob@${domain}`, algorithm: 'P-384' },
  RSA: { name: 'carol', upn: `carol@${domain}`, algorithm: 'RSA-2048' },
  Ed25519: { name: 'dave', upn: `dave@${domain}`, algorithm: 'Ed25519' },
  'long UPN': {
    name: 'long',
    upn: `${'l'.repeat(60)}@${domain}`,
    claims: { sub: '6a5e1d4b-0c3f-4a2e-9b8d-7f6e5d4c3b2a' },
  },
  SID: { name: 'sid', upn: `sid@${domain}`, claims: { onprem_sid: sid } },
  'noRevAvail (RFC 9608)': { name: 'fresh', upn: `fresh@${domain}` },
} as const satisfies Partial<Record<GoodCase, unknown>>

/** Has the agent enroll them all. */
export const goodStock = async (world: TunnelWorld): Promise<Stock<GoodCase>> => {
  const credentials = await world.enroll(Object.values(users))
  const named = Object.keys(users).map((name, index) => [name, credentials[index]] as const)
  const first = credentials[0]
  if (!first) throw new Error('Nobody was enrolled.')
  for (const { leaf } of credentials) checkNoRevAvail(leaf)
  const unmarked = { ...as('unpointed'), hasNoRevAvail: false }
  return {
    ...Object.fromEntries(named),
    'only the leaf sent': { ...first, chain: [] },
    // As the service writes them where a tenant has certificate.noRevAvail off.
    'without noRevAvail': forgery.forge(await activeIssuer(world, 'contoso'), unmarked),
  }
}

/** Makes sure that a certificate says that it is never revoked, by the word of openssl. */
const checkNoRevAvail = (leaf: string): void => {
  const text = openssl(['x509', '-noout', '-text'], leaf).toString()
  if (!/X509v3 No Revocation Available: *\n|2\.5\.29\.56: *\n/.test(text))
    throw new Error(`It has no noRevAvail: ${text}`)
}

/** The issuer of a tenant that signs, with its key. */
export const activeIssuer = async (world: TunnelWorld, tenant: string): Promise<forgery.Signing> => {
  const issuer = (await world.bundle(tenant)).issuers.find(({ state }) => state === 'active')
  if (!issuer) throw new Error(`The bundle of ${tenant} is empty.`)
  return forgery.signingOf(issuer, world.keys)
}

/** Makes what thieves and neighbours have. */
export const badStock = async (world: TunnelWorld, honest: Credential): Promise<Stock<BadCase>> => {
  const bundle = await world.bundle('contoso')
  const own = await activeIssuer(world, 'contoso')
  const { authority, authorityKey } = world.gateway
  const servers = { certificate: authority, key: authorityKey }
  const forged = (name: string, options: Partial<forgery.Forging>) =>
    forgery.forge(own, { ...as(name), ...options })
  return {
    expired: forged('expired', { validity: forgery.endingIn(-5) }),
    'not yet valid': forged('early', { validity: forgery.notYet() }),
    'another tenant': forgery.forge(await activeIssuer(world, 'woodgrove'), as('woodgrove')),
    'twin tenant of the same display name': forgery.forge(await activeIssuer(world, 'twin'), as('twin')),
    'look-alike: same names and key ids': forgery.lookAlike(bundle, as('alike')),
    "the server's own CA": forgery.forge(servers, as('server')),
    'self-signed': forgery.selfSigned(as('self')),
    'a leaf as CA': forgery.underLeaf(honest, as('under')),
    'right issuer, no marker': forged('unmarked', { purposes: forgery.clientAuthAlone }),
    'right issuer, no clientAuth': forged('purposeless', { purposes: forgery.markerAlone }),
    'right issuer, no key purpose': forged('any', { purposes: [] }),
    'none at all': { ...as('nobody'), key: '', leaf: '', chain: [] },
  }
}
