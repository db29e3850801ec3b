import { believedAhead } from '../../client/agent/believedAhead.ts'
import { type ConfiguredCredential, configuredCredentials } from '../../client/agent/configuredCredentials.ts'
import { type CredentialStatus, statusOf } from '../../client/agent/credentialStatus.ts'
import { lookAtCredential } from '../../client/agent/lookAtCredential.ts'
import { openServiceClock, type ServiceClock } from '../../client/agent/serviceClock.ts'
import { readState } from '../../client/agent/readState.ts'
import type { HeldCredential } from '../../client/credential/credentialStore.ts'
import { heldPair } from '../../client/credential/heldPair.ts'
import { isSettled } from '../../client/credential/readGeneration.ts'
import type { Outcome } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { parsed, type Values } from '../commandLine/option.ts'
import { parseDuration } from '../commandLine/timeOption.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { describedBy } from './credentialOptions.ts'
import { brokenCredentials, exitCodeFor, formatCredentials } from './formatCredentials.ts'
import { fileFor, givenOf, keptOptions } from './keptOptions.ts'
import { machineTime } from './machineTime.ts'

const minLeft = parsed('DURATION', 'what the certificate must still be good for (10m)', parseDuration, {
  byDefault: '10m',
})

/** The options of `agent ensure`. */
export const ensureOptions = withVariables({ minLeft, ...keptOptions })

/** What they say. */
export type EnsureValues = Values<typeof ensureOptions>

/** What is there of a credential that is to be good for some time. */
export interface Ensured {
  readonly status: CredentialStatus
  readonly leftMilliseconds: number
}

/** How long what is held is still good for, by the clock of the service. */
export const leftOf = (held: HeldCredential | undefined, clock: ServiceClock): number =>
  held ? held.notAfter.getTime() - clock.now().getTime() : 0

/** Tells what is there: 0 when all of it is good for long enough. */
export const ensuredOutcome = (
  ensured: readonly Ensured[],
  { minLeft: least = 0 }: Pick<EnsureValues, 'minLeft'>,
  now: Date,
): Outcome & { readonly exitCode: number } => {
  const statuses = ensured.map(({ status }) => status)
  const isShort = ensured.some(({ leftMilliseconds }) => leftMilliseconds < least)
  return {
    text: formatCredentials(statuses, now),
    json: { credentials: statuses },
    exitCode: exitCodeFor(brokenCredentials(statuses)) || (isShort ? exitCodes.tryLater : exitCodes.ok),
  }
}

/** All credentials that are to be ensured, in folders; undefined where it takes more to know them. */
const wantedOf = async (values: EnsureValues): Promise<readonly ConfiguredCredential[] | undefined> => {
  const file = fileFor(values)
  if (file !== undefined) return givenOf(values).length > 0 ? undefined : configuredCredentials(file)
  const { tenant, out } = values
  if (tenant === undefined || out === undefined) return undefined
  const { folder, keys, service } = describedBy({ ...values, tenant, out })
  return keys.store === undefined || keys.store === 'folder'
    ? [{ folder, tenant, url: service.url }]
    : undefined
}

/** Looks at a folder; undefined where its agent would do something, were it only to run a hook. */
const lookAt = async (
  { folder, ...wanted }: ConfiguredCredential,
  { minLeft: minLeftMilliseconds = 0 }: EnsureValues,
  now: () => Date,
): Promise<Ensured | undefined> => {
  const known = readState(folder)
  const machine = machineTime(now)
  const clock = openServiceClock({ now, clock: () => 1000 * process.uptime() }, believedAhead(known, machine))
  const found = { store: { held: () => heldPair(folder) }, state: { read: async () => known }, ...wanted }
  // Somebody waits: what failed before may be over.
  const looking = { world: { chance: () => Math.random() }, clock, minLeftMilliseconds, hasChanged: true }
  const { held, action, isPlanned } = await lookAtCredential(found, looking)
  if (isPlanned || !isSettled(folder) || action.kind !== 'wait' || known.hooksDue?.length) return undefined
  return {
    status: statusOf({ folder, held, state: known, wanted }, machine),
    leftMilliseconds: leftOf(held, clock),
  }
}

/**
 * Looks whether everything is good for long enough, and opens, asks and writes nothing: who connects waits for this.
 * @returns undefined where there is something to do, or where it takes more to know.
 * @throws {Refusal} `usage-wrong`, `path-shared`, `configuration-invalid`
 */
export const ensuredAlready = async (values: EnsureValues, now: () => Date): Promise<Outcome | undefined> => {
  const wanted = (await wantedOf(values)) ?? []
  const looks = await Promise.all(wanted.map((one) => lookAt(one, values, now)))
  const ensured = looks.filter((look) => look !== undefined)
  if (ensured.length === 0 || ensured.length < wanted.length) return undefined
  const outcome = ensuredOutcome(ensured, values, now())
  return outcome.exitCode === exitCodes.ok ? outcome : undefined
}
