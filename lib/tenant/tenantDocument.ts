import { Refusal } from '../errors/refusal.ts'
import { type Configuration, parseConfiguration } from './configuration.ts'
import { parsePolicySet, type PolicySet } from './policySet.ts'

export interface TenantDocument {
  readonly configuration: Configuration
  /** Undefined when it tells the configuration alone. */
  readonly policySet: PolicySet | undefined
  /** The number of the revision that the document was made from; undefined when it does not say. */
  readonly base: number | undefined
}

/** Lists what `mayfly tenant show --json` tells of a revision beside its number and content. */
const shownMembers = ['tenant', 'appliedAt', 'appliedBy', 'actor', 'action', 'reason', 'forced', 'intact']

/** Lists what it tells of policies. */
const setMembers = ['policies', 'locations', 'neverSatisfied', 'compliancePolicies']

const refuse = (why: string) =>
  new Refusal('configuration-invalid', `Cannot accept the configuration: ${why}.`)

/** Reads the policies and locations beside a configuration; versions that had none show none. */
const setOf = (shown: Readonly<Record<string, unknown>>): PolicySet | undefined => {
  const told = setMembers.filter((member) => shown[member] !== undefined)
  if (told.length === 0) return undefined
  try {
    return parsePolicySet(Object.fromEntries(told.map((member) => [member, shown[member]])))
  } catch {
    throw refuse('policies, locations, compliancePolicies: lists of documents; neverSatisfied: a list of ids')
  }
}

const isRevisionNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1

/**
 * Parses what `mayfly tenant apply` reads: a configuration document, or what `mayfly tenant show --json` printed, which
 * says which revision it is, and holds policies and locations, too. That of a new tenant says no revision.
 * @throws {Refusal} `configuration-invalid`
 */
export const parseTenantDocument = (document: unknown): TenantDocument => {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, 'configuration'))
    return { configuration: parseConfiguration(document), policySet: undefined, base: undefined }
  const { configuration: inner, revision: base, ...shown } = document as Readonly<Record<string, unknown>>
  const known = [...shownMembers, ...setMembers]
  const stranger = Object.keys(shown).find((member) => !known.includes(member))
  if (stranger !== undefined) throw refuse('beside the configuration is what tenant show does not tell')
  if (base !== undefined && !isRevisionNumber(base))
    throw refuse('revision: the number of the revision that the configuration was made from')
  const configuration = parseConfiguration(inner)
  const { tenant = configuration.tenant } = shown
  if (tenant !== configuration.tenant) throw refuse('tenant: that of the configuration is another')
  return { configuration, policySet: setOf(shown), base }
}
