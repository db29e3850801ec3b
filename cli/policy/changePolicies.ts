import { isNeverSatisfied } from '../../lib/policy/model/isNeverSatisfied.ts'
import type { Entry } from '../../lib/policy/model/parseGraphFile.ts'
import { parseLocations } from '../../lib/policy/model/parseLocations.ts'
import { parsePolicies } from '../../lib/policy/model/parsePolicies.ts'
import type { NamedLocation, Policy } from '../../lib/policy/model/policy.ts'
import { applicationIdsOf, type PolicySet } from '../../lib/tenant/policySet.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { flag, type Values } from '../commandLine/option.ts'
import { changeOptions, changeTenant, guardOption } from '../tenant/changeTenant.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { type GraphFiles, graphFiles, type ReadFile } from './graphFiles.ts'
import { mergeEntries, namedEntries } from './namedEntries.ts'

/** Describes the options of every command that changes policies or named locations. */
export const policyChangeOptions = { tenant: tenantOption, base: guardOption, ...changeOptions }

/** Describes the options that say what becomes of the policies of files. */
export const givenOptions = {
  add: flag('keep the others; one of the same id, or name, is replaced'),
  denyUnprovable: flag('take policies that nothing here can satisfy: whoever they apply to is denied'),
}

/** The policies in force, with their documents. */
export const policyEntries = ({ policies, policySet }: Revision): readonly Entry<Policy>[] =>
  namedEntries(policies, policySet.policies)

/** The named locations in force, with their documents. */
export const locationEntries = ({ locations, policySet }: Revision): readonly Entry<NamedLocation>[] =>
  namedEntries(locations, policySet.locations)

/** Parses policies for a tenant. */
export const givenPolicies = (
  files: readonly ReadFile[],
  { configuration }: Pick<Revision, 'configuration'>,
  denyUnprovable: boolean,
): GraphFiles<Policy> => {
  const options = { applicationIds: applicationIdsOf(configuration), denyUnprovable }
  return graphFiles(files, (document) => parsePolicies(document, options))
}

/** Parses named locations. */
export const givenLocations = (files: readonly ReadFile[]): GraphFiles<NamedLocation> =>
  graphFiles(files, parseLocations)

/** Makes a set of policies that were accepted as they are: those that nothing satisfies are wanted so. */
export const withPolicies = ({ policySet }: Revision, entries: readonly Entry<Policy>[]): PolicySet => ({
  ...policySet,
  policies: entries.map(({ document }) => document),
  neverSatisfied: entries.filter(({ value }) => isNeverSatisfied(value)).map(({ value }) => value.id),
})

/** Makes a set of the same policies and other locations. */
export const withLocations = (
  { policySet }: Revision,
  entries: readonly Entry<NamedLocation>[],
): PolicySet => ({ ...policySet, locations: entries.map(({ document }) => document) })

/** Takes what is given for all there is, or adds it. @throws {Refusal} `policies-invalid` */
export const wanted = <Value extends { readonly id: string; readonly displayName: string }>(
  inForce: readonly Entry<Value>[],
  given: readonly Entry<Value>[],
  add: boolean,
): readonly Entry<Value>[] => (add ? mergeEntries(inForce, given) : given)

/**
 * Changes the policies or locations in force by a plan that is made of them.
 * @throws {Refusal} those of openTenant() and changeTenant(), and of the plan
 */
export const changePolicies = async (
  context: CommandContext,
  options: Values<typeof policyChangeOptions>,
  { action, plan }: { readonly action: string; readonly plan: (inForce: Revision) => PolicySet },
): Promise<Outcome> => {
  const { deployment, tables, ...inForce } = await openTenant(context, options.tenant)
  const { configuration, number } = inForce
  const change = { configuration, policySet: plan(inForce), base: options.base ?? number, action, forced: [] }
  return changeTenant(context, { ...options, deployment, tables }, change)
}
