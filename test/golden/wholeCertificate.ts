import { createPrivateKey, type JsonWebKey, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initAuthority } from '../../lib/authority/change/initAuthority.ts'
import { signerPool } from '../../lib/authority/sign/signerPool.ts'
import { issue } from '../../lib/issuance/issue.ts'
import { prepare } from '../../lib/issuance/prepare.ts'
import { localKeys } from '../../lib/keys/localKeys.ts'
import { keySets } from '../../lib/token/keySets.ts'
import { verifyToken } from '../../lib/token/verifyToken.ts'
import { verifyCsr } from '../../lib/x509/verifyCsr.ts'
import { issuerOf, permitOf } from '../lib/issuance/evidence.ts'
import { now } from '../lib/profile/fixtures/hierarchy.ts'
import { assembleCsr, signedBy } from '../lib/x509/fixtures/csr.ts'
import { genericTrust, tenantDocument } from '../tenants.ts'
import { genericTestIssuer, testNetwork } from '../tokens.ts'
import { applyDocument, ceremonyOf, uniqueTenantId, watchedTestTables } from '../world.ts'
import { publishedRsaKeyPem } from './fixedKeys.ts'

/** The P-256 key of RFC 6979 appendix A.2.5, private half included. */
const deviceKey: JsonWebKey = {
  kty: 'EC',
  crv: 'P-256',
  d: Buffer.from('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721', 'hex').toString(
    'base64url',
  ),
  x: Buffer.from('60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6', 'hex').toString(
    'base64url',
  ),
  y: Buffer.from('7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299', 'hex').toString(
    'base64url',
  ),
}

/** Octets that count: 0, 1, 2, ... */
const counting = (octets: number): Uint8Array => Uint8Array.from({ length: octets }, (_, index) => index)

/** Keys of an authority that are the published RSA key, all of them: the issuer's alone has a part in a leaf. */
const publishedKeys = async (tenant: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-golden-'))
  for (const name of ['root-1-rs256', 'root-2-rs256', 'issuer-1-rs256']) {
    await writeFile(join(folder, `${tenant}.${name}.pem`), publishedRsaKeyPem(), { mode: 0o600 })
  }
  const remove = () => rm(folder, { recursive: true, force: true })
  return Object.assign(localKeys(folder), { [Symbol.asyncDispose]: remove })
}

/** A leaf and what is above it, each a DER Certificate. */
export interface WholeChain {
  readonly leaf: Uint8Array
  readonly issuer: Uint8Array
  readonly root: Uint8Array
}

/**
 * Issues one leaf on the path of every leaf: a tenant's document, an authority, a verified token, a verified CSR,
 * prepare() and issue(). Time, chance and keys are fixed, and so is every octet that comes out.
 */
export const issueWhole = async (): Promise<WholeChain> => {
  const id = uniqueTenantId()
  await using keys = await publishedKeys(id)
  const tables = await watchedTestTables()
  const issuer = await genericTestIssuer(`https://issuer.example/${id}`, { now: () => now })
  const document = tenantDocument(id, [genericTrust(issuer)], { authority: { algorithm: 'RS256' } })
  const tenant = await applyDocument(tables, document, now)
  const { authority } = await initAuthority(tenant, { ...ceremonyOf(tables, keys, now), random: counting })
  const { fetchJson } = testNetwork([issuer])
  const token = await verifyToken(await issuer.token(), tenant, {
    keys: keySets({ fetchJson, now: () => now }),
    now,
  })
  const csr = verifyCsr(assembleCsr(signedBy(createPrivateKey({ key: deviceKey, format: 'jwk' }), 'ES256')))
  const evidence = { tenant, authority, csr, permit: permitOf(token, tenant, now) }
  const prepared = prepare(evidence, issuerOf(evidence, now), { now, random: counting })
  const signers = signerPool({ source: keys, now: () => now, onFailure: () => undefined })
  const { certificate } = await issue(prepared, signers, { requestId: randomUUID() })
  const [above, top] = ['issuer~0001', 'root~0001'].map((generation) =>
    authority.generations.find((candidate) => candidate.id === generation),
  )
  if (!above || !top) throw new Error('The authority is not whole.')
  return { leaf: certificate, issuer: above.certificate, root: top.certificate }
}
