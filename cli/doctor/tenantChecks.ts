import { actorText } from '../../lib/tenant/actor.ts'
import { maxDenyEntries } from '../../lib/tenant/changeDenyList.ts'
import { hasEnded, readDenyList } from '../../lib/tenant/denyEntry.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { type Check, checksOf } from '../../client/check/check.ts'
import type { TenantExamination } from './examination.ts'
import { type Found, notChecked, ok, problem, warning } from '../../client/check/finding.ts'

const configurationFound = async ({ revision }: TenantExamination): Promise<Found> => {
  try {
    const { number, appliedAt, appliedBy } = await revision()
    const day = appliedAt.toISOString().slice(0, 10)
    return ok(`revision ${number}, applied at ${day} by ${shownText(actorText(appliedBy))}`)
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'Refusal') throw error
    return problem(
      error.message,
      'Find out who wrote to the table tenants beside the CLI; then apply your own copy of what mayfly tenant show --json printed: mayfly tenant apply -f FILE --replace.',
    )
  }
}

/** Reminds whoever has policies on places of what no program can see from here: the way that renewals take. */
const placesFound = async ({ revision }: TenantExamination): Promise<Found> => {
  // What keeps it from being read is told by the finding before.
  const { policies } = await revision().catch(() => ({ policies: undefined }))
  if (!policies) return notChecked('its policies cannot be read', 'Mend its configuration first.')
  const count = policies.filter((policy) => policy.never === undefined && policy.conditions.locations).length
  if (count === 0) return ok('no policy asks where a request comes from')
  const outside = "keep Mayfly's own host outside the VPN tunnel, or renewals come from the office's address"
  return ok(
    `${count === 1 ? 'a policy asks' : `${count} policies ask`} where a request comes from: ${outside}`,
  )
}

/** Warns before a list is full. */
const fullShare = 0.9

const denyListFound = async ({ id, examination: { tables, now } }: TenantExamination): Promise<Found> => {
  const at = now()
  const { entries, head } = await readDenyList(tables, id)
  const ended = entries.filter((entry) => hasEnded(entry, at)).length
  const detail = `${entries.length - ended} stopped, ${ended} ended; ${head?.number ?? 0} changes`
  if (entries.length < fullShare * maxDenyEntries) return ok(detail)
  return warning(detail, `Lift those that are not needed any more: the limit is ${maxDenyEntries}.`)
}

/** Checks whether a tenant's configuration is the one that the CLI wrote, and how full its deny list is. */
export const tenantChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, {
    'tenant-configuration': configurationFound,
    'policy-places': placesFound,
    'deny-list': denyListFound,
  })
