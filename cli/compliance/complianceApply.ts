import { command } from '../commandLine/command.ts'
import { changePolicies, policyChangeOptions, wanted } from '../policy/changePolicies.ts'
import { acceptedEntries, readFiles } from '../policy/graphFiles.ts'
import { withoutNamed } from '../policy/namedEntries.ts'
import {
  complianceEntries,
  givenCompliance,
  givenComplianceOptions,
  withCompliance,
} from './complianceEntries.ts'

export const complianceApply = command({
  name: 'compliance apply',
  summary: "put a tenant's compliance policies into force, all",
  options: { ...givenComplianceOptions, ...policyChangeOptions },
  notes:
    'With compliance policies no claim and no directory alone proves a compliant device any more. They are one revision with policies and configuration: mayfly tenant history tells of them, and mayfly tenant rollback takes them back.',
  async run({ file, add, assignAll, ...options }, context) {
    const given = acceptedEntries(givenCompliance(await readFiles(file), assignAll))
    return changePolicies(context, options, {
      action: 'compliance apply',
      plan: (inForce) => withCompliance(inForce, wanted(complianceEntries(inForce), given, add)),
    })
  },
})

export const complianceRemove = command({
  name: 'compliance remove',
  summary: 'take one compliance policy away',
  argument: 'ID|NAME',
  options: policyChangeOptions,
  run: (options, context) =>
    changePolicies(context, options, {
      action: 'compliance remove',
      plan: (inForce) =>
        withCompliance(inForce, withoutNamed(complianceEntries(inForce), context.argument, 'policy-unknown')),
    }),
})
