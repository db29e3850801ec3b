import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BundledCertificate } from '../../lib/bundle/bundleContent.ts'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { unconfirmedSeconds } from '../agent/bundleStatus.ts'
import { alteredFiles } from '../alteredFiles.ts'
import { checkHook } from '../agent/configurationPaths.ts'
import { readTrustState, type TrustState } from '../agent/trustState.ts'
import { checkOwner, trustFiles, unlessMissing } from '../trustFiles.ts'
import { readTrusted, type Trusted } from '../trustFolder.ts'
import { type Check, checksOf, dependOn } from './check.ts'
import { type Found, notChecked, ok, problem, warning } from './finding.ts'
import { once } from './once.ts'
import { spaceFound } from './spaceFound.ts'

/** A trust bundle that a server keeps, and is looked at. */
export interface CheckedBundle {
  readonly folder: string
  readonly tenant: string
  /** SHA-256 of roots that may sign the first bundle. */
  readonly anchors: readonly string[]
  readonly onTrustChange: string | undefined
}

/** What is known of a bundle; read once, by the first check that needs it. */
export interface InstalledTrust {
  /** @throws {Refusal} `trust-bundle-refused` */
  readonly trusted: () => Promise<Trusted>
  readonly state: () => Promise<TrustState>
}

/** Reads what a server has, without changing it. */
export const installedTrust = ({ folder, tenant }: CheckedBundle): InstalledTrust => ({
  trusted: once(async () => {
    const files = trustFiles(folder)
    await checkOwner(files)
    return readTrusted(files, tenant)
  }),
  state: once(() => readTrustState(folder, tenant)),
})

const dayMilliseconds = 86_400_000
const start =
  'Start what keeps it: mayfly agent with the bundle in its mayfly.toml, or a timer that runs mayfly trust fetch.'

/** Takes the installed bundle; where there is none, the check that tells so comes first. */
const installedOf = ({ trusted }: InstalledTrust): Promise<TrustBundle> =>
  dependOn('trust-bundle', async () => {
    const { installed } = await trusted()
    if (installed) return installed
    throw new Error('There is none.')
  })

const folderFound = async ({ folder }: CheckedBundle): Promise<Found> => {
  const there = await unlessMissing(stat(folder))
  if (!there) return problem('it is not there: nothing was ever installed', start)
  await checkOwner(trustFiles(folder))
  return ok('nobody but its owner can write to what vouches for the rest')
}

const bundleFound = async ({ trusted }: InstalledTrust): Promise<Found> => {
  const { installed } = await trusted()
  if (!installed) return problem('no bundle is installed', start)
  const signer = installed.roots.find(({ sha256 }) => sha256 === installed.signedBy)
  return ok(
    `bundle ${installed.sequence}, issued at ${rfc3339(installed.issuedAt)}, is signed by ${signer?.id}, which is trusted here`,
  )
}

/** As long as an agent takes to write what it installs. */
const settlingMilliseconds = 1_500

const strayFound = (stray: readonly string[]): Found =>
  warning(
    `beside the certificates of the bundle: ${stray.slice(0, 5).join(', ')}`,
    'A server that reads the whole folder trusts them as well: move them elsewhere.',
  )

const filesFound = async (bundle: CheckedBundle, known: InstalledTrust): Promise<readonly Found[]> => {
  await installedOf(known)
  const files = trustFiles(bundle.folder)
  const look = async ({ served, installed }: Trusted) => {
    const one = served ?? installed
    return one ? alteredFiles(files, one) : { altered: [], stray: [] }
  }
  let { altered, stray } = await look(await known.trusted())
  if (altered.length > 0) {
    await sleep(settlingMilliseconds)
    ;({ altered, stray } = await look(await readTrusted(files, bundle.tenant)))
  }
  const beside = stray.length > 0 ? [strayFound(stray)] : []
  if (altered.length > 0)
    return [
      problem(
        `not what the bundle says: ${altered.slice(0, 5).join(', ')}`,
        'Somebody changed them by hand, or took them away: the next look of the agent, or mayfly trust fetch, puts them right. Find out who did; have servers load them anew.',
      ),
      ...beside,
    ]
  return beside.length > 0 ? beside : [ok('they are what the bundle says')]
}

/** Judges how long ago it was heard that the bundle is the last one, by how often that is to be asked. */
const ageFound = async (known: InstalledTrust, now: Date): Promise<Found> => {
  const installed = await installedOf(known)
  const { refreshSeconds } = installed
  const { confirmedAt, nextAt, lastError } = await known.state()
  if (confirmedAt === undefined)
    return warning('it is not known when a place was asked last (no sync.json)', start)
  const age = now.getTime() - Date.parse(confirmedAt)
  const told = `confirmed at ${rfc3339(new Date(confirmedAt))}, to be asked every ${refreshSeconds} s`
  if (age <= 2 * refreshSeconds * 1000) return ok(told)
  const why = lastError ? `: ${lastError.detail} (since ${lastError.since})` : ''
  const isAsked = Date.parse(nextAt) + refreshSeconds * 1000 > now.getTime()
  const remedy = isAsked ? 'See the findings about its places.' : start
  return (age > 1000 * unconfirmedSeconds(installed) ? problem : warning)(told + why, remedy)
}

const warnDays = 30

const rollOver =
  'Have whoever runs the authority roll it over: mayfly authority status tells what is due, and this server follows by itself.'

const issuersFound = async (known: InstalledTrust, now: Date): Promise<Found> => {
  const { roots, issuers, nextActivation } = await installedOf(known)
  const all: readonly BundledCertificate[] = [...roots, ...issuers]
  const told = all.map(
    ({ id, state, notAfter }) => `${id} (${state}) until ${rfc3339(notAfter).slice(0, 10)}`,
  )
  const next = nextActivation ? `; the next may come into use at ${rfc3339(nextActivation)}` : ''
  const detail = `${told.join(', ')}${next}`
  const inUse = all.filter(({ state }) => state === 'active')
  const days = Math.min(
    ...inUse.map(({ notAfter }) => (notAfter.getTime() - now.getTime()) / dayMilliseconds),
  )
  if (days < 0) return problem(`${detail}: one that is in use has ended`, rollOver)
  return days < warnDays ? warning(`${detail}: one that is in use ends soon`, rollOver) : ok(detail)
}

const hookFound = async ({ onTrustChange }: CheckedBundle): Promise<readonly Found[]> => {
  if (onTrustChange === undefined) return []
  await checkHook(onTrustChange)
  return [ok(`${onTrustChange} can be run, and nobody else can change it`)]
}

const byHand =
  'Run the hook by hand with the variables that mayfly help agent names, as the user of the agent, and read what it says; the agent runs it again.'

/** Tells whether servers have loaded what is installed. Without a hook nobody knows. */
const loadedFound = async ({ onTrustChange }: CheckedBundle, known: InstalledTrust): Promise<Found> => {
  const { sequence, sha256 } = await installedOf(known)
  if (onTrustChange === undefined)
    return notChecked(
      'there is no hook that tells what servers loaded',
      'Give on-trust-change (--on-trust-change): servers do not read files again by themselves.',
    )
  const { loaded, served } = await known.trusted()
  if (loaded?.sha256.json === sha256.json) return ok(`servers loaded bundle ${sequence}`)
  const { hook } = await known.state()
  if (hook && !hook.isLoaded)
    return problem(
      `the hook ${hook.why ?? 'failed'} for bundle ${hook.sequence}, ${hook.failures} times since ${hook.since ?? hook.at}; servers have the files of bundle ${served?.sequence}`,
      byHand,
    )
  return problem(
    `servers loaded ${loaded ? `bundle ${loaded.sequence}` : 'none that is known'}, and ${sequence} is installed`,
    byHand,
  )
}

/** Checks what a server has installed, and whether its VPN server uses it. */
export const bundleChecks = (
  bundle: CheckedBundle,
  known: InstalledTrust,
  { now }: { readonly now: () => Date },
): readonly Check[] =>
  checksOf(
    undefined,
    {
      'trust-folder': () => folderFound(bundle),
      'trust-space': () => spaceFound(bundle.folder),
      'trust-bundle': () => bundleFound(known),
      'trust-files': () => filesFound(bundle, known),
      'trust-age': () => ageFound(known, now()),
      'trust-issuers': () => issuersFound(known, now()),
      'trust-hook': () => hookFound(bundle),
      'trust-loaded': () => loadedFound(bundle, known),
    },
    bundle.folder,
  )
