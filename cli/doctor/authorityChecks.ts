import { activationTime, lagging } from '../../lib/authority/adopt/waits.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import { authorityStatus, type GenerationStatus } from '../../lib/authority/change/authorityStatus.ts'
import type { Circumstances } from '../../lib/authority/change/plan.ts'
import { isPublished, isValid, maySignFor, purposesOf } from '../../lib/authority/generation.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { TenantExamination } from './examination.ts'
import { type Found, ok, problem, warning } from '../../client/check/finding.ts'

/** Says how much is left of a generation when it is time to stage the next one, as infra/ alerts, and when it is late. */
const warnDays = { root: 180, issuer: 21 } as const
const problemDays = { root: 30, issuer: 3 } as const

/** Reminds of what may be activated once it has waited for so long. */
const overdueMilliseconds = 14 * 86_400_000

interface Facts extends Circumstances {
  readonly authority: Authority
}

const factsOf = async (tenant: TenantExamination): Promise<Facts> => {
  const { configuration } = await dependOn('tenant-configuration', tenant.revision)
  const { lifetimeSeconds: leafLifetimeSeconds, backdateSeconds, markerOid } = configuration.certificate
  return {
    authority: await dependOn('authority-known', tenant.authority),
    now: tenant.examination.now(),
    publicationWindowSeconds: configuration.authority.publicationWindowSeconds,
    leafLifetimeSeconds,
    backdateSeconds,
    markerOid,
    relyingParties: await dependOn('relying-parties', tenant.relyingParties),
  }
}

const knownFound = async ({ id, authority }: TenantExamination): Promise<Found> => {
  try {
    const { generations, bundle } = await authority()
    return ok(`${generations.length} generations, bundle ${bundle.sequence}`)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'generation-unknown') throw error
    return problem('it has none yet: nobody can enroll', `Run mayfly authority init --tenant ${id}.`)
  }
}

const activeFound = ({ authority, now, markerOid }: Facts): Found => {
  const active = authority.generations.filter(({ kind, state }) => kind === 'issuer' && state === 'active')
  const able = active.filter((issuer) => isValid(issuer, now) && maySignFor(purposesOf(issuer), markerOid))
  if (able.length > 0) return ok(able.map((issuer) => issuer.id).join(', '))
  const why = active.length === 0 ? 'no issuer is active' : `no active issuer is valid for ${markerOid}`
  return problem(`${why}: nobody can enroll`, 'Run mayfly authority status: it tells the next step.')
}

const daysFound = ({ generation: { id, kind }, daysLeft, nextStep }: GenerationStatus): Found => {
  const detail = `${daysLeft} days left`
  if (daysLeft >= warnDays[kind]) return { ...ok(detail), subject: id }
  const step = nextStep === '' ? 'activate its successor' : nextStep
  const remedy = `mayfly authority status says: ${step}. Servers need the new ${kind} for the publication window before it signs.`
  return { ...(daysLeft < problemDays[kind] ? problem : warning)(detail, remedy), subject: id }
}

const allDaysFound = ({ authority, ...circumstances }: Facts): readonly Found[] =>
  authorityStatus(authority, circumstances)
    .filter(({ generation }) => generation.state === 'active')
    .map(daysFound)

const standbyFound = ({ authority, now }: Facts): Found => {
  const standby = authority.generations.find(
    (one) => one.kind === 'root' && one.state === 'staged' && isValid(one, now),
  )
  if (standby) return ok(`${standby.id} is in the bundle`)
  return warning(
    'no root waits in the bundle: a compromised root could not be left without touching servers',
    'Run mayfly authority stage-root.',
  )
}

const overdueFound = (facts: Facts): Found | readonly Found[] => {
  const since = facts.now.getTime() - overdueMilliseconds
  const overdue = facts.authority.generations.filter(
    (one) => one.kind === 'issuer' && one.state === 'staged' && activationTime(one, facts).getTime() < since,
  )
  if (overdue.length === 0) return ok('nothing waits that could have been activated')
  return overdue.map((issuer) => ({
    ...warning(
      `it may be activated since ${activationTime(issuer, facts).toISOString().slice(0, 10)}`,
      `Run mayfly authority activate --generation ${issuer.id}, or retire it.`,
    ),
    subject: issuer.id,
  }))
}

const partyFound = (party: Facts['relyingParties'][number], { generations, bundle }: Authority): Found => {
  const { name, installedSequence, doubt } = party
  const needed = generations.filter((one) => one.state === 'active' && isPublished(one))
  const lacking = needed.filter((one) => lagging([one], { relyingParties: [party] }).length > 0)
  const never = doubt === '' ? 'never told of a bundle' : `holds none that counts: ${doubt}`
  const held = installedSequence === 0 ? never : `holds bundle ${installedSequence}`
  const effect =
    lacking.length === 0 ? '' : `: it lacks ${lacking.map((one) => one.id).join(', ')}, which sign`
  // One that never told of any may have been set up by hand.
  const isProblem = lacking.length > 0 && (installedSequence > 0 || doubt !== '')
  return {
    ...(isProblem ? problem : warning)(
      `${held}, ${bundle.sequence} is in force${effect}`,
      `See why the agent on ${name} does not run mayfly trust fetch, or confirm what you installed by hand: mayfly authority confirm.`,
    ),
    subject: name,
  }
}

const partiesFound = ({ authority, relyingParties }: Facts): Found | readonly Found[] => {
  if (relyingParties.length === 0)
    return ok('none is listed: no activation waits for a server to install the bundle')
  const behind = relyingParties.filter(
    ({ installedSequence }) => installedSequence < authority.bundle.sequence,
  )
  if (behind.length === 0) return ok(`${relyingParties.length} listed, none behind`)
  return behind.map((party) => partyFound(party, authority))
}

const inFacts =
  (found: (facts: Facts) => Found | readonly Found[]) =>
  async (tenant: TenantExamination): Promise<Found | readonly Found[]> =>
    found(await factsOf(tenant))

/** Checks whether a tenant's roots and issuers serve, and will. */
export const authorityChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, {
    'authority-known': knownFound,
    'issuer-active': inFacts(activeFound),
    'generation-days': inFacts(allDaysFound),
    'standby-root': inFacts(standbyFound),
    'activation-overdue': inFacts(overdueFound),
    'relying-parties': async (one) => {
      await one.relyingParties()
      return inFacts(partiesFound)(one)
    },
  })
