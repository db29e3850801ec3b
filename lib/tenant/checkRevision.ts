import { Refusal } from '../errors/refusal.ts'
import { decidingPolicies } from '../policy/model/defaultPolicy.ts'
import { isNeverSatisfied } from '../policy/model/isNeverSatisfied.ts'
import type { LivePolicy } from '../policy/model/policy.ts'
import { locationsNamed, signalsNeeded } from '../policy/model/signalsNeeded.ts'
import { complianceFaults } from './complianceFaults.ts'
import { isKnownToDirectory } from './evidenceObstacles.ts'
import { lackOf } from './lackOf.ts'
import { understandSet } from './policySet.ts'
import { provesDevice } from './proofs.ts'
import type { RevisionContent, UnderstoodContent } from './revisionContent.ts'

const faultsOf = (policy: LivePolicy, content: UnderstoodContent): readonly string[] => {
  const { locations, policySet } = content
  const isUnwanted = isNeverSatisfied(policy) && !policySet.neverSatisfied.includes(policy.id)
  return [
    ...signalsNeeded(policy, locations).map((need) => {
      const lack = lackOf(need, content)
      return lack && `${need.path}: ${lack}`
    }),
    ...locationsNamed(policy)
      .filter((id) => !locations.some((location) => location.id === id))
      .map((id) => `conditions.locations: there is no named location ${id}, which it refers to`),
    isUnwanted &&
      'grantControls: nothing here can prove it; --deny-unprovable keeps the policy as never satisfied',
  ]
    .filter((fault) => typeof fault === 'string')
    .map((fault) => `"${policy.displayName}", ${fault}`)
}

const lifetimeFaults = ({ configuration: { lifetimes }, policies }: UnderstoodContent): readonly string[] =>
  Object.keys(lifetimes)
    .filter((id) => !policies.some((policy) => policy.id === id))
    .map((id) => `lifetimes: there is no policy with the id ${id}`)

/** Lists the issuers with whose tokens nobody could ever get a certificate: nothing would prove their device. */
const issuerFaults = ({ configuration, compliancePolicies }: UnderstoodContent): readonly string[] => {
  const { tokenIssuers, evidence } = configuration
  if (compliancePolicies.length > 0) return []
  return tokenIssuers.flatMap((issuer, index) =>
    provesDevice(issuer) || isKnownToDirectory(issuer, evidence?.directory)
      ? []
      : [
          `tokenIssuers[${index}].proofs: none proves a compliant device or one joined to the domain; nor does a directory that knows its devices and users (\`evidence.directory\`) or a compliance policy`,
        ],
  )
}

/** Lists what policies refer to and nothing supplies. */
const faultsOfUnderstood = (content: UnderstoodContent): readonly string[] => {
  const live = decidingPolicies(content.policies).filter((policy) => policy.never === undefined)
  return [
    ...issuerFaults(content),
    ...complianceFaults(content),
    ...live.flatMap((policy) => faultsOf(policy, content)),
    ...lifetimeFaults(content),
  ]
}

/**
 * Understands a content as a whole, whichever part of it changes: each document is understood, each signal and proof that a
 * policy asks for has a source, each location and each policy that something refers to is there.
 * @returns what is wrong, a line each, where it cannot be in force.
 */
export const understandRevision = (
  content: RevisionContent,
): UnderstoodContent | { readonly faults: readonly string[] } => {
  const understood = understandSet(content.policySet, content.configuration)
  if ('faults' in understood) return understood
  const whole = { ...content, ...understood }
  const faults = faultsOfUnderstood(whole)
  return faults.length === 0 ? whole : { faults }
}

/** Makes the refusal of what cannot be in force: it names the first faults alone, for there may be thousands. */
export const policiesRefusal = (subject: 'files' | 'policies', faults: readonly string[]): Refusal => {
  const [shown, more] = [faults.slice(0, 10).join('; '), faults.length - 10]
  const text = more > 0 ? `${shown}; and ${more} more` : shown
  return new Refusal('policies-invalid', `Cannot accept the ${subject}: ${text}.`)
}

/** Checks that a content can be in force as a whole. @throws {Refusal} `policies-invalid` */
export const checkRevision = (content: RevisionContent): UnderstoodContent => {
  const understood = understandRevision(content)
  if (!('faults' in understood)) return understood
  throw policiesRefusal('policies', understood.faults)
}
