import { printRule } from '../../lib/policy/filter/rule.ts'
import { decidingPolicies, defaultPolicy } from '../../lib/policy/model/defaultPolicy.ts'
import type { Policy } from '../../lib/policy/model/policy.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { asciiJson, shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatFields, formatHanging } from '../commandLine/formatTable.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { policyEntries } from './changePolicies.ts'
import { findNamed, nameWithId } from './namedEntries.ts'
import { grantText, policyNotes } from './policyNotes.ts'

const states = { enabled: 'on', reportOnly: 'report-only', disabled: 'off' } as const

const lifetimeOf = ({ id }: Policy, { lifetimes }: Configuration): number | undefined =>
  Object.hasOwn(lifetimes, id) ? lifetimes[id] : undefined

const asksText = (policy: Policy, configuration: Configuration): string => {
  if (policy.never !== undefined) return `never applies here: ${policy.never}`
  const lifetime = lifetimeOf(policy, configuration)
  return `${grantText(policy)}${lifetime === undefined ? '' : `; lives of ${lifetime} s`}`
}

const stateText = (policy: Policy, configuration: Configuration): string =>
  `${states[policy.state]}, ${policy.never === undefined ? 'asks for ' : ''}${asksText(policy, configuration)}`

const policyJson = (policy: Policy, inForce: Revision) => ({
  id: policy.id,
  displayName: policy.displayName,
  state: policy.state,
  never: policy.never ?? null,
  asks: policy.never === undefined ? grantText(policy) : null,
  lifetimeSeconds: lifetimeOf(policy, inForce.configuration) ?? null,
  notes: policyNotes(policy, inForce),
})

/** Shows the rule of a device filter as it was understood: in parentheses only where they count. */
const deviceFields = (policy: Policy): readonly (readonly [string, string])[] => {
  if (policy.never !== undefined || !policy.conditions.deviceFilter) return []
  const { mode, rule } = policy.conditions.deviceFilter
  return [[`${mode}s devices`, shownText(printRule(rule))]]
}

export const policyList = command({
  name: 'policy list',
  summary: "show a tenant's policies, and what each asks for",
  options: { tenant: tenantOption },
  async run({ tenant: name }, context) {
    const inForce = await openTenant(context, name)
    const { tenant, number, configuration } = inForce
    const policies = decidingPolicies(inForce.policies)
    const lines = policies.flatMap((policy) => [
      formatHanging('', shownText(nameWithId(policy))),
      formatHanging('  ', shownText(stateText(policy, configuration))),
    ])
    return {
      text: lines.join('\n'),
      json: {
        tenant,
        revision: number,
        policies: policies.map((policy) => policyJson(policy, inForce)),
        byDefault: inForce.policies.length === 0,
      },
    }
  },
})

/** Finds a policy that decides: the one that a tenant behaves as if it had is in no document. @throws {Refusal} `policy-unknown` */
const findDeciding = (inForce: Revision, name: string) => {
  const { id, displayName } = defaultPolicy
  return inForce.policies.length === 0 && [id, displayName].includes(name)
    ? { value: defaultPolicy, document: undefined }
    : findNamed(policyEntries(inForce), name, 'policy-unknown')
}

export const policyShow = command({
  name: 'policy show',
  summary: 'show how one policy is understood',
  argument: 'ID|NAME',
  options: { tenant: tenantOption },
  async run({ tenant: name }, context) {
    const inForce = await openTenant(context, name)
    const { tenant, number, configuration } = inForce
    const { value, document } = findDeciding(inForce, context.argument)
    const fields = formatFields([
      ['policy', shownText(value.displayName)],
      ['id', shownText(value.id)],
      ['state', states[value.state]],
      ['asks for', shownText(asksText(value, configuration))],
      ...deviceFields(value),
    ])
    const notes = policyNotes(value, inForce).map((note) => formatHanging('- ', shownText(note)))
    const parts = [fields, notes.join('\n'), document ? asciiJson(document, 2) : '']
    return {
      text: parts.filter((part) => part !== '').join('\n\n'),
      json: { tenant, revision: number, ...policyJson(value, inForce), document: document ?? null },
    }
  },
})
