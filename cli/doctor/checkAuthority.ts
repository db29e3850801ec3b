import type { Authority } from '../../lib/authority/authority.ts'
import { authorityStatus, type GenerationStatus } from '../../lib/authority/change/authorityStatus.ts'
import { isPublished, isValid } from '../../lib/authority/generation.ts'
import { maySignFor, purposesOf } from '../../lib/authority/maySignFor.ts'
import type { Circumstances } from '../../lib/authority/change/plan.ts'
import { activationTime, lagging } from '../../lib/authority/adopt/waits.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type Check, resting } from './check.ts'
import type { FindingId, Found } from './finding.ts'
import type { TenantExamination } from './tenantExamination.ts'

/** What is left of a generation when it is time to stage the next one, as infra/ alerts, and when it is late; days. */
const warnDays = { root: 180, issuer: 21 } as const
const problemDays = { root: 30, issuer: 3 } as const

/** How long what may be activated waits before somebody is reminded. */
const overdueMilliseconds = 14 * 86_400_000

interface Facts {
  readonly authority: Authority
  readonly status: readonly GenerationStatus[]
  readonly circumstances: Circumstances
}

const factsOf = async ({ revision, authority, relyingParties, examination }: TenantExamination) => {
  const { configuration } = await resting('tenant-configuration', revision)
  const read = await resting('authority-known', authority)
  const { lifetimeSeconds: leafLifetimeSeconds, backdateSeconds, markerOid } = configuration.certificate
  const circumstances = {
    now: examination.now(),
    publicationWindowSeconds: configuration.authority.publicationWindowSeconds,
    leafLifetimeSeconds,
    backdateSeconds,
    markerOid,
    relyingParties: await resting('relying-parties', relyingParties),
  }
  return { authority: read, circumstances, status: authorityStatus(read, circumstances) }
}

const activeFound = ({ authority, circumstances: { now, markerOid } }: Facts): readonly Found[] => {
  const id = 'issuer-active'
  const active = authority.generations.filter(({ kind, state }) => kind === 'issuer' && state === 'active')
  const able = active.filter((issuer) => isValid(issuer, now) && maySignFor(purposesOf(issuer), markerOid))
  if (able.length > 0) return [{ id, status: 'ok', detail: able.map((issuer) => issuer.id).join(', ') }]
  const why = active.length === 0 ? 'no issuer is active' : `no active issuer is valid for ${markerOid}`
  const remedy = 'Run mayfly authority status: it tells the next step.'
  return [{ id, status: 'problem', detail: `${why}: nobody can enroll`, remedy }]
}

const daysFound = ({ generation, daysLeft, nextStep }: GenerationStatus): readonly Found[] => {
  const { id: subject, kind, state } = generation
  if (state !== 'active') return []
  const about = { id: 'generation-days', subject } as const
  const detail = `${daysLeft} days left`
  if (daysLeft >= warnDays[kind]) return [{ ...about, status: 'ok', detail }]
  const step = nextStep === '' ? 'activate its successor' : nextStep
  const remedy = `mayfly authority status says: ${step}. Servers need the new ${kind} for the publication window before it signs.`
  return [{ ...about, status: daysLeft < problemDays[kind] ? 'problem' : 'warning', detail, remedy }]
}

const standbyFound = ({ authority, circumstances: { now } }: Facts): readonly Found[] => {
  const id = 'standby-root'
  const [standby] = authority.generations.filter(
    (one) => one.kind === 'root' && one.state === 'staged' && isValid(one, now),
  )
  if (standby) return [{ id, status: 'ok', detail: `${standby.id} is in the bundle` }]
  const detail = 'no root waits in the bundle: a compromised root could not be left without touching servers'
  const remedy = 'Run mayfly authority stage-root.'
  return [{ id, status: 'warning', detail, remedy }]
}

const overdueFound = ({ authority, circumstances }: Facts): readonly Found[] => {
  const id = 'activation-overdue'
  const since = circumstances.now.getTime() - overdueMilliseconds
  const overdue = authority.generations.filter(
    (one) =>
      one.kind === 'issuer' && one.state === 'staged' && activationTime(one, circumstances).getTime() < since,
  )
  if (overdue.length === 0)
    return [{ id, status: 'ok', detail: 'nothing waits that could have been activated' }]
  return overdue.map((issuer) => ({
    id,
    subject: issuer.id,
    status: 'warning',
    detail: `it may be activated since ${activationTime(issuer, circumstances).toISOString().slice(0, 10)}`,
    remedy: `Run mayfly authority activate --generation ${issuer.id}, or retire it.`,
  }))
}

const partiesFound = ({ authority, circumstances }: Facts): readonly Found[] => {
  const id = 'relying-parties'
  const { relyingParties: parties } = circumstances
  const needed = authority.generations.filter((one) => one.state === 'active' && isPublished(one))
  if (parties.length === 0) {
    const detail = 'none is listed: no activation waits for a server to install the bundle'
    return [{ id, status: 'ok', detail }]
  }
  const behind = parties.filter(({ installedSequence }) => installedSequence < authority.bundle.sequence)
  if (behind.length === 0) return [{ id, status: 'ok', detail: `${parties.length} listed, none behind` }]
  return behind.map((party) => {
    const { name, installedSequence, doubt } = party
    const lacking = needed.filter((one) => lagging([one], { relyingParties: [party] }).length > 0)
    const never = doubt === '' ? 'never told of a bundle' : `holds none that counts: ${doubt}`
    const held = installedSequence === 0 ? never : `holds bundle ${installedSequence}`
    const effect =
      lacking.length === 0 ? '' : `: it lacks ${lacking.map((one) => one.id).join(', ')}, which sign`
    const remedy = `See why the agent on ${name} does not run mayfly trust fetch, or confirm what you installed by hand: mayfly authority confirm.`
    const detail = `${held}, ${authority.bundle.sequence} is in force${effect}`
    // One that never told of any may have been set up by hand.
    const status = lacking.length > 0 && (installedSequence > 0 || doubt !== '') ? 'problem' : 'warning'
    return { id, subject: name, status, detail, remedy }
  })
}

const about = (
  id: FindingId,
  tenant: TenantExamination,
  found: (facts: Facts) => readonly Found[],
): Check => ({
  id,
  tenant: tenant.id,
  run: async () => found(await factsOf(tenant)),
})

const checkKnown = ({ id: tenant, authority }: TenantExamination): Check => ({
  id: 'authority-known',
  tenant,
  async run() {
    const id = 'authority-known'
    try {
      const { generations, bundle } = await authority()
      const detail = `${generations.length} generations, bundle ${bundle.sequence}`
      return [{ id, status: 'ok', detail }]
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'generation-unknown') throw error
      const remedy = `Run mayfly authority init --tenant ${tenant}.`
      return [{ id, status: 'problem', detail: 'it has none yet: nobody can enroll', remedy }]
    }
  },
})

/** Whether a tenant's roots and issuers serve, and will. */
export const checkAuthority = (tenant: TenantExamination): readonly Check[] => [
  checkKnown(tenant),
  about('issuer-active', tenant, activeFound),
  about('generation-days', tenant, ({ status }) => status.flatMap(daysFound)),
  about('standby-root', tenant, standbyFound),
  about('activation-overdue', tenant, overdueFound),
  {
    id: 'relying-parties',
    tenant: tenant.id,
    async run() {
      await tenant.relyingParties()
      return partiesFound(await factsOf(tenant))
    },
  },
]
