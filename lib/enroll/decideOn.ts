import { waitsOf } from '../admission/places.ts'
import type { PresentedEvidence } from '../evidence/evidenceOrder.ts'
import { gatherEvidence } from '../evidence/gatherEvidence.ts'
import { decideToken, type Deny, type Permit } from '../policy/decideToken.ts'
import { denialRefusal } from '../policy/denialRefusal.ts'
import { isWorthAsking } from '../policy/isWorthAsking.ts'
import type { DeviceEvidence } from '../policy/signals/deviceEvidence.ts'
import type { Circumstances } from '../policy/signalsOf.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { VerifiedCsr } from '../x509/verifyCsr.ts'
import type { Asked } from './enroll.ts'
import type { Services } from './services.ts'

interface TokenOfRequest extends Asked {
  readonly tenant: Tenant
  readonly token: VerifiedToken
}

const circumstancesOf = (
  { enrollment: { clientIp } }: TokenOfRequest,
  evidence: DeviceEvidence | undefined,
  { countryOf, now }: Services,
): Circumstances => ({ at: Math.floor(now().getTime() / 1000), clientIp, countryOf, evidence })

interface Device extends TokenOfRequest {
  readonly csr: VerifiedCsr
  readonly presented: PresentedEvidence
}

/**
 * Gathers what the tenant's sources beside the compliance token say of the device. It has a part of the time: whatever does
 * not answer, there is enough left to sign and to record.
 */
export const gatherDevice = async (asked: Device, services: Services) => {
  const { tenant, token, csr, presented, trace } = asked
  const { evidence: configured } = tenant.configuration
  if (configured === undefined) return { evidence: undefined }
  const { policies, places, times, now } = services
  const compiled = policies(tenant)
  const deadline = asked.deadline.part({ milliseconds: times.evidenceMilliseconds })
  const order = {
    token,
    csr,
    presented,
    configured,
    asked: compiled.factsAsked,
    now: now(),
    deadline,
    wait: waitsOf(deadline, places).wait,
    isWorthAsking: (soFar: DeviceEvidence) =>
      isWorthAsking(token, compiled, circumstancesOf(asked, soFar, services)),
  }
  return { evidence: await trace.stage('evidence', () => gatherEvidence(order, services)) }
}

/** Decides by the policies of the tenant, on what is known of the device and where the request comes from. */
export const decideOn = (
  asked: TokenOfRequest & { readonly evidence: DeviceEvidence | undefined },
  services: Services,
) => {
  const { token, tenant, evidence } = asked
  const circumstances = circumstancesOf(asked, evidence, services)
  return { decision: decideToken(token, services.policies(tenant), circumstances) }
}

interface Decided {
  readonly tenant: Tenant
  readonly token: VerifiedToken
  readonly decision: Permit | Deny
}

/** Refuses whom the decision does; it is known by then, for the record of the refusal. */
export const checkPermitted = ({ tenant, token, decision }: Decided): { readonly permit: Permit } => {
  if (decision.kind === 'permit') return { permit: decision }
  throw denialRefusal(decision, token, tenant.configuration.remediationLink)
}
