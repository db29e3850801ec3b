import { Refusal } from '../../errors/refusal.ts'
import type { KeyProvider } from '../../keys/signer.ts'
import type { Tables, Write } from '../../store/tables.ts'
import { parseBundleContent } from '../../bundle/bundleContent.ts'
import type { Author } from '../../tenant/actor.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { type Authority, readAuthority } from '../authority.ts'
import { type AuthorityEvent, eventRow, eventRowKey } from '../authorityEvent.ts'
import { type CrossCertificate, crossRow } from '../crossCertificate.ts'
import { type Generation, toRow } from '../generation.ts'
import { encodingsOf } from '../publishedBundle.ts'
import { bundleSigners, signBundleByEach } from '../publish/signBundle.ts'
import { bundleRow, maxBundleOctets, newBundle, signatureOctets, type StoredBundle } from '../storedBundle.ts'
import { bundleJson, type BundleSource } from '../publish/bundleJson.ts'
import { activationTime } from '../adopt/waits.ts'

/** Brings an administrator, keys, time and chance to a change. */
export interface Ceremony extends Author {
  readonly tables: Tables
  /** Where root keys are, which the function app cannot reach. */
  readonly rootKeys: KeyProvider
  readonly issuerKeys: KeyProvider
  /** Cryptographically random octets. */
  readonly random: (octets: number) => Uint8Array
  /** A UUID for the request id of each signature. */
  readonly uuid: () => string
}

/** One change of an authority: what it will consist of, and what of that is new. */
export interface Change {
  readonly action: string
  /** Every generation, those with a new state included. */
  readonly generations: readonly Generation[]
  readonly crossCertificates: readonly CrossCertificate[]
  /** Lists the new states, for the history. */
  readonly changes: readonly string[]
  readonly forced: readonly string[]
}

const nextActivation = (generations: readonly Generation[], tenant: Tenant): Date | undefined => {
  const times = generations
    .filter(({ state }) => state === 'staged')
    .map((generation) => activationTime(generation, tenant.configuration.authority).getTime())
  return times.length === 0 ? undefined : new Date(Math.min(...times))
}

const checkSize = (bundle: StoredBundle): void => {
  const parts = { ...bundle.encodings, 'the signatures of other roots': signatureOctets(bundle) }
  for (const [file, { length }] of Object.entries(parts)) {
    if (length <= maxBundleOctets) continue
    throw new Refusal(
      'transition-refused',
      `Cannot publish the bundle: ${file} would have ${length} octets, the limit is ${maxBundleOctets}. Retire generations first.`,
    )
  }
}

/** A bundle as it will be stored, and what its event tells of its signatures. */
interface BuiltBundle {
  readonly bundle: StoredBundle
  readonly unsigned: readonly string[]
}

const buildBundle = async (source: BundleSource, ceremony: Ceremony): Promise<BuiltBundle> => {
  const json = JSON.stringify(bundleJson(source))
  const signing = { keys: ceremony.rootKeys, uuid: ceremony.uuid }
  const signers = bundleSigners(source.generations, ceremony.now)
  const { jws, cosigned, unsigned } = await signBundleByEach(Buffer.from(json), signers, signing)
  const encodings = encodingsOf({ ...parseBundleContent(json), json, jws })
  const bundle = newBundle(source.sequence, source.issuedAt, { encodings, cosigned })
  checkSize(bundle)
  return { bundle, unsigned }
}

const bundleWrite = (tenant: Tenant, bundle: StoredBundle, before: Authority | undefined): Write => {
  const row = bundleRow(tenant.tenant, bundle)
  return before ? { kind: 'replace', row, etag: before.bundle.etag } : { kind: 'insert', row }
}

/** The rows of the generations and cross certificates that differ from those before. */
const memberWrites = (change: Change, before: Authority | undefined): readonly Write[] => {
  const generations = change.generations
    .filter((generation) => !before?.generations.includes(generation))
    .map((generation): Write => {
      const row = toRow(generation)
      return generation.etag === ''
        ? { kind: 'insert', row }
        : { kind: 'replace', row, etag: generation.etag }
    })
  const crossCertificates = change.crossCertificates
    .filter((cross) => !before?.crossCertificates.includes(cross))
    .map((cross): Write => ({ kind: 'insert', row: crossRow(cross) }))
  return [...generations, ...crossCertificates]
}

/** A write that was done twice by a retry meets its own rows: the event tells whose they are. */
const isOurs = async (tables: Tables, tenant: Tenant, event: AuthorityEvent): Promise<boolean> => {
  const row = await tables.get('authorities', { partition: tenant.tenant, row: eventRowKey(event.sequence) })
  return row?.values['changeId'] === event.changeId
}

/** The most rows of one transaction. */
const maxWrites = 100

const checkCount = (action: string, { length }: readonly Write[]): void => {
  if (length <= maxWrites) return
  throw new Refusal(
    'transition-refused',
    `Cannot ${action}: ${length} rows would change at once, the limit is ${maxWrites}. Change fewer generations first.`,
  )
}

/** How far the clocks of two administrators may be apart: each is held against the tables, give or take a minute. */
const clockToleranceMilliseconds = 120_000

/**
 * When a bundle is issued: later than the one before it by a second at least, so that dates tell them apart. A bundle of
 * the future does not count, or all that follow would be of the future as well, and refused by those who verify them.
 */
const issueTime = (before: Authority | undefined, now: Date): Date => {
  const next = (before?.bundle.issuedAt.getTime() ?? 0) + 1000
  return next > now.getTime() + clockToleranceMilliseconds ? now : new Date(Math.max(now.getTime(), next))
}

/** The sequence of the bundle that a change makes. */
export const nextSequence = (before: Authority | undefined): number => (before?.bundle.sequence ?? 0) + 1

/**
 * Carries out a change in one transaction: the generations, the bundle that shows them, and the event that tells of
 * it. The version of the bundle guards it: of two administrators one wins.
 * @param before the authority as it was read; undefined for the first of a tenant.
 * @returns the authority after it.
 * @throws {Refusal} `configuration-conflict` when somebody else changed the authority since it was read,
 *   `transition-refused`, `tables-unavailable`, and those of signBundleByEach()
 */
export const changeAuthority = async (
  tenant: Tenant,
  { change, before }: { readonly change: Change; readonly before: Authority | undefined },
  ceremony: Ceremony,
): Promise<Authority> => {
  const { tables, now, actor: by, reason, uuid } = ceremony
  const { generations, crossCertificates, action, changes, forced } = change
  const sequence = nextSequence(before)
  const source = {
    tenant: tenant.tenant,
    sequence,
    issuedAt: issueTime(before, now),
    generations,
    crossCertificates,
  }
  const { bundle, unsigned } = await buildBundle(
    { ...source, nextActivation: nextActivation(generations, tenant) },
    ceremony,
  )
  const { digests } = bundle
  const { publicationWindowSeconds } = tenant.configuration.authority
  const told = { sequence, at: now, by, action, forced, reason, publicationWindowSeconds }
  const event = { ...told, changes: [...changes, ...unsigned], digests, changeId: uuid() }
  const writes: readonly Write[] = [
    bundleWrite(tenant, bundle, before),
    { kind: 'insert', row: eventRow(tenant.tenant, event) },
    ...memberWrites(change, before),
  ]
  checkCount(action, writes)
  if (!(await tables.transact('authorities', writes)) && !(await isOurs(tables, tenant, event))) {
    throw new Refusal(
      'configuration-conflict',
      `Cannot ${action}: somebody else changed the authority of ${tenant.tenant} meanwhile.`,
    )
  }
  const after = await readAuthority(tables, tenant.tenant)
  if (!after) throw new Error(`The authority of ${tenant.tenant} was written and is not there.`)
  return after
}
