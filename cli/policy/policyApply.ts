import { command } from '../commandLine/command.ts'
import {
  changePolicies,
  givenOptions,
  givenPolicies,
  policyEntries,
  policyChangeOptions,
  wanted,
  withPolicies,
} from './changePolicies.ts'
import { acceptedEntries, filesOption, readFiles } from './graphFiles.ts'
import { withoutNamed } from './namedEntries.ts'

export const policyApply = command({
  name: 'policy apply',
  summary: "put a tenant's policies into force, all of them",
  options: {
    file: filesOption("policies in Microsoft Graph's format"),
    ...givenOptions,
    ...policyChangeOptions,
  },
  notes:
    'Policies, named locations and configuration are one revision: mayfly tenant history tells of them, and mayfly tenant rollback takes them back.',
  async run({ file, add, denyUnprovable, ...options }, context) {
    const files = await readFiles(file)
    return changePolicies(context, options, {
      action: 'policy apply',
      plan(inForce) {
        const given = acceptedEntries(givenPolicies(files, inForce, denyUnprovable))
        return withPolicies(inForce, wanted(policyEntries(inForce), given, add))
      },
    })
  },
})

export const policyRemove = command({
  name: 'policy remove',
  summary: 'take one policy away',
  argument: 'ID|NAME',
  options: policyChangeOptions,
  run: (options, context) =>
    changePolicies(context, options, {
      action: 'policy remove',
      plan: (inForce) =>
        withPolicies(inForce, withoutNamed(policyEntries(inForce), context.argument, 'policy-unknown')),
    }),
})
