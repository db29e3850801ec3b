import type { Entry } from '../../lib/policy/model/parseGraphFile.ts'
import type { Policy } from '../../lib/policy/model/policy.ts'
import { understandRevision } from '../../lib/tenant/checkRevision.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { openTenant, tenantOption } from '../tenant/openTenant.ts'
import { givenOptions, givenPolicies, policyEntries, wanted, withPolicies } from './changePolicies.ts'
import { filesOption, readFiles } from './graphFiles.ts'
import { grantText, policyNotes, setNotes } from './policyNotes.ts'

/** Finds out what the whole revision would lack with these policies. */
const faultsWith = (inForce: Revision, entries: readonly Entry<Policy>[]): readonly string[] => {
  const { configuration } = inForce
  const understood = understandRevision({ configuration, policySet: withPolicies(inForce, entries) })
  return 'faults' in understood ? understood.faults : []
}

const section = (heading: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0
    ? []
    : [[shownText(heading), ...lines.map((line) => formatHanging('  - ', shownText(line)))].join('\n')]

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
    const { tenant, number } = inForce
    const { entries, rejections } = givenPolicies(files, inForce, denyUnprovable)
    const whole = wanted(policyEntries(inForce), entries, add)
    const faults = [...rejections, ...faultsWith(inForce, whole)]
    const together = setNotes(whole.map(({ value }) => value))
    const policies = entries.map(({ value: { id, displayName }, value }) => ({
      id,
      displayName,
      asks: value.never === undefined ? grantText(value) : null,
      notes: policyNotes(value, inForce),
    }))
    const verdict =
      faults.length === 0
        ? `${entries.length === 1 ? 'the policy' : `${entries.length} policies`} would be accepted`
        : 'the policies would not be accepted'
    const text = [
      ...section('not accepted', faults),
      ...policies.flatMap(({ displayName, asks, notes }) =>
        section(displayName, [...(asks === null ? [] : [`asks for ${asks}`]), ...notes]),
      ),
      ...section('all of them', together),
      verdict,
    ].join('\n\n')
    return {
      text,
      json: { tenant, revision: number, accepted: faults.length === 0, faults, policies, notes: together },
      exitCode: faults.length === 0 ? exitCodes.ok : exitCodes.refused,
    }
  },
})
