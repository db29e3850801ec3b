import { command } from '../commandLine/command.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { givenOptions, givenPolicies, policyEntries, wanted, withPolicies } from './changePolicies.ts'
import { checkOutcome, faultsWith } from './checkOutcome.ts'
import { filesOption, readFiles } from './graphFiles.ts'
import { grantText, policyNotes, setNotes } from './policyNotes.ts'

export const policyCheck = command({
  name: 'policy check',
  summary: 'tell what policies would lack; change nothing',
  options: {
    file: filesOption("policies in Microsoft Graph's format"),
    ...givenOptions,
    tenant: tenantOption,
  },
  async run({ file, add, denyUnprovable, tenant: name }, context) {
    const files = await readFiles(file)
    const inForce = await openTenant(context, name)
    const { entries, rejections } = givenPolicies(files, inForce, denyUnprovable)
    const whole = wanted(policyEntries(inForce), entries, add)
    return checkOutcome(inForce, {
      faults: [...rejections, ...faultsWith(inForce, withPolicies(inForce, whole))],
      policies: entries.map(({ value: { id, displayName }, value }) => ({
        id,
        displayName,
        asks: value.never === undefined ? grantText(value) : null,
        notes: policyNotes(value, inForce),
      })),
      notes: setNotes(whole.map(({ value }) => value)),
    })
  },
})
