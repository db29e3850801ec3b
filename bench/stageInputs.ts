import { verify } from 'node:crypto'
import type { Issuer } from '../lib/authority/authority.ts'
import type { Entry } from '../lib/ledger/record/entry.ts'
import { enroll } from '../lib/enroll/enroll.ts'
import { leafIdentity } from '../lib/issuance/leafIdentity.ts'
import { type Evidence, prepare } from '../lib/issuance/prepare.ts'
import { decideToken } from '../lib/policy/decideToken.ts'
import type { Circumstances } from '../lib/policy/signalsOf.ts'
import { type LeafRequest, leafValidity } from '../lib/profile/leafProfile.ts'
import { verifyToken } from '../lib/token/verifyToken.ts'
import { verifyCsr } from '../lib/x509/verifyCsr.ts'
import { serialNumberFrom } from '../lib/x509/tbsCertificate.ts'
import { enrollmentOf } from '../test/world.ts'
import type { BenchWorld } from './benchWorld.ts'

/** Holds what one enrollment passes from stage to stage, so that each stage can be measured alone. */
export interface StageInputs {
  readonly evidence: Evidence
  readonly issuer: Issuer
  /** When the request was prepared: lint holds its validity to that. */
  readonly now: Date
  readonly request: LeafRequest
  readonly tbs: Uint8Array
  readonly signature: Uint8Array
  readonly entry: Entry
  readonly chain: readonly Uint8Array[]
}

/** What a decision knows beside the token. */
export const circumstancesOf = (now: Date): Circumstances => ({
  at: Math.floor(now.getTime() / 1000),
  clientIp: '192.0.2.1',
  countryOf: undefined,
  evidence: undefined,
})

const evidenceOf = async ({ services, tenant: id, tokens, csrs }: BenchWorld): Promise<Evidence> => {
  const [token = ''] = tokens.RS256
  const [csr] = csrs
  const tenant = await services.tenants.resolve(id)
  const verified = await verifyToken(token, tenant, { keys: services.keys, now: services.now() })
  const permit = decideToken(verified, services.policies(tenant), circumstancesOf(services.now()))
  if (!csr || permit.kind === 'deny') throw new Error('The measured request would be refused.')
  const authority = await services.authorities.resolve(tenant.tenant)
  return { tenant, authority, csr: verifyCsr(csr.der), permit }
}

interface Chosen {
  readonly issuer: Issuer
  readonly now: Date
  readonly random: Uint8Array
}

const requestOf = ({ tenant, permit, csr }: Evidence, { issuer, now, random }: Chosen): LeafRequest => {
  const profile = tenant.configuration.certificate
  return {
    profile,
    identity: leafIdentity(permit.token, profile),
    issuer,
    publicKey: csr.publicKey,
    serialNumber: serialNumberFrom(random),
    validity: leafValidity(now, profile.lifetimeSeconds, profile.backdateSeconds),
  }
}

/** Goes through one enrollment by hand, and once in whole: a measurement of refusals would look fast. */
export const stageInputs = async (world: BenchWorld): Promise<StageInputs> => {
  const { services, tenant, tokens, csrs } = world
  const evidence = await evidenceOf(world)
  const [issuer] = evidence.authority.issuers
  const [csr] = csrs
  const [token = ''] = tokens.ES256
  if (!issuer || !csr) throw new Error('The measured tenant has no issuer.')
  const now = services.now()
  const random = services.random(16)
  const request = requestOf(evidence, { issuer, now, random })
  const { prepared } = prepare(evidence, issuer, { now, random: () => random })
  const tbs = prepared.octets
  const { signature } = await services.signers.sign(issuer, prepared, { requestId: services.uuid() })
  if (!verify('sha256', tbs, issuer.publicKey, signature)) throw new Error('The issuer signs wrongly.')
  const enrollment = enrollmentOf({ tenant, token, csr: csr.der })
  const { entry, chain } = await enroll(enrollment, services)
  return { evidence, issuer, now, request, tbs, signature, entry, chain }
}
