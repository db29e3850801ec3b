import { command } from '../commandLine/command.ts'
import { wanted } from '../policy/changePolicies.ts'
import { checkOutcome, faultsWith } from '../policy/checkOutcome.ts'
import { readFiles } from '../policy/graphFiles.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { complianceEffects } from '../tenant/complianceEffects.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import {
  complianceEntries,
  type Entries,
  givenCompliance,
  givenComplianceOptions,
  withCompliance,
} from './complianceEntries.ts'
import { complianceNotes, complianceText } from './complianceText.ts'

const effectsOf = ({ compliancePolicies }: Revision, whole: Entries): readonly string[] =>
  complianceEffects(
    compliancePolicies,
    whole.map(({ value }) => value),
  )

export const complianceCheck = command({
  name: 'compliance check',
  summary: 'tell what compliance policies would lack',
  options: { ...givenComplianceOptions, tenant: tenantOption },
  async run({ file, add, assignAll, tenant: name }, context) {
    const files = await readFiles(file)
    const inForce = await openTenant(context, name)
    const { entries, rejections } = givenCompliance(files, assignAll)
    const whole = wanted(complianceEntries(inForce), entries, add)
    return checkOutcome(inForce, {
      faults: [...rejections, ...faultsWith(inForce, withCompliance(inForce, whole))],
      policies: entries.map(({ value: { id, displayName }, value }) => ({
        id,
        displayName,
        asks: complianceText(value),
        notes: complianceNotes(value),
      })),
      // What is left of a file that is rejected is not what would be in force.
      notes: rejections.length > 0 ? [] : effectsOf(inForce, whole),
    })
  },
})
