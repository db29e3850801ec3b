import type { CompliancePolicy } from '../../lib/compliance/model/compliancePolicy.ts'
import { suppliedFacts } from '../../lib/tenant/suppliedFacts.ts'
import { asciiJson, shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatFields, formatHanging } from '../commandLine/formatTable.ts'
import { findNamed, nameWithId } from '../policy/namedEntries.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { complianceEntries } from './complianceEntries.ts'
import { assignmentText, complianceNotes, noneText, settingText, complianceText } from './complianceText.ts'

const policyJson = (policy: CompliancePolicy) => {
  const { id, displayName, platform, assignment } = policy
  const settings = policy.settings.map(({ name, wanted, deed }) => ({ name, wanted, deed }))
  return { id, displayName, platform, assignment, settings, notes: complianceNotes(policy) }
}

export const complianceList = command({
  name: 'compliance list',
  summary: "show a tenant's compliance policies",
  options: { tenant: tenantOption },
  async run({ tenant: name }, context) {
    const { tenant, number, compliancePolicies } = await openTenant(context, name)
    const lines = compliancePolicies.flatMap((policy) => [
      formatHanging('', shownText(nameWithId(policy))),
      formatHanging(
        '  ',
        shownText(`assigned to ${assignmentText(policy)}; wants ${complianceText(policy)}`),
      ),
    ])
    return {
      text: lines.length === 0 ? noneText : lines.join('\n'),
      json: { tenant, revision: number, policies: compliancePolicies.map(policyJson) },
    }
  },
})

export const complianceShow = command({
  name: 'compliance show',
  summary: 'show how one compliance policy is understood',
  argument: 'ID|NAME',
  options: { tenant: tenantOption },
  async run({ tenant: name }, context) {
    const inForce = await openTenant(context, name)
    const { tenant, number, configuration } = inForce
    const { value, document } = findNamed(complianceEntries(inForce), context.argument, 'policy-unknown')
    const supplied = suppliedFacts(configuration)
    const fields = formatFields([
      ['policy', shownText(value.displayName)],
      ['id', shownText(value.id)],
    ])
    const settings = value.settings.map((setting) => settingText(setting, supplied))
    const lines = [...complianceNotes(value), ...settings].map((line) => formatHanging('- ', shownText(line)))
    return {
      text: [fields, lines.join('\n'), asciiJson(document, 2)].join('\n\n'),
      json: { tenant, revision: number, ...policyJson(value), document },
    }
  },
})
