import { expect, it } from 'vitest'
import { verifyTrustBundle } from '../../../../lib/bundle/trustBundle.ts'
import type { Authority } from '../../../../lib/authority/authority.ts'
import { readEvents } from '../../../../lib/authority/authorityEvent.ts'
import type { StoredBundle } from '../../../../lib/authority/storedBundle.ts'
import type { Services } from '../../../../lib/enroll/services.ts'
import { parseTenantId } from '../../../../lib/tenant/tenantId.ts'
import { type CliTenant, createCliTenant } from '../cliTenant.ts'
import {
  bundleDocument,
  type HeldLeaf,
  installations,
  type RelyingServer,
  relyingServer,
} from '../adopt/relyingServer.ts'

const day = 86_400_000
const start = new Date('2026-03-02T10:00:00Z')
/** The default of a tenant. */
const windowMilliseconds = 7 * day

/** Refused, and why. */
type Why = RegExp

/**
 * One step: when (days and time since the start); the command of `mayfly`, or the report of a server's agent; the
 * states of roots and of issuers afterwards (a: active, s: staged, r: retiring, -: retired); the issuers that sign from
 * then on; the sequence of the bundle afterwards, or why the step is refused.
 */
type Step = readonly [when: string, does: string, states: string, signs: string, outcome: number | Why]

const tooEarly = (id: string, time: string): Why =>
  new RegExp(`^Cannot activate ${id}: the publication window of ${id} ends at 2026-03-${time}Z`)

const laggards = (id: string, ...names: readonly string[]): Why => {
  const each = names.map((name) => `${name} has not installed bundle 1, the first with ${id}`)
  return new RegExp(`^Cannot activate ${id}: ${each.join('; ')}\\.$`)
}

const rootFirst = /its root root~0002 is staged: activate that first\.$/
const beneath = /issuer~0001 beneath it must be retired first\.$/
const stillValid = /certificates that issuer~0001 issued may be valid until 2026-03-12T11:12:00Z\.$/

// oxfmt-ignore
const steps: readonly Step[] = [
  ['0d 00:00:00',   'authority init',                                    'as a',   '1',   1],
  ['0d 00:01:00',   'relying-party add --name vpn-1',                    'as a',   '1',   1],
  ['0d 00:02:00',   'relying-party add --name vpn-2',                    'as a',   '1',   1],
  ['1d 00:00:00',   'authority stage-issuer --root root~0002',           'as as',  '1',   2],
  ['6d 23:59:59',   'authority activate --generation root~0002',         'as as',  '1',   tooEarly('root~0002', '09T10:00:00')],
  ['7d 00:00:30',   'authority activate --generation root~0002',         'as as',  '1',   laggards('root~0002', 'vpn-1', 'vpn-2')],
  ['7d 00:01:00',   'vpn-1 reports',                                     'as as',  '1',   2],
  ['7d 00:02:00',   'authority activate --generation root~0002',         'as as',  '1',   laggards('root~0002', 'vpn-2')],
  ['7d 00:03:00',   'authority confirm --relying-party vpn-2 --bundle 2', 'as as',  '1',   2],
  ['7d 00:04:00',   'authority activate --generation issuer~0002',       'as as',  '1',   rootFirst],
  ['7d 00:05:00',   'authority activate --generation root~0002',         'ra as',  '1',   3],
  ['7d 00:06:00',   'authority activate --generation issuer~0002',       'ra as',  '1',   tooEarly('issuer~0002', '10T10:00:00')],
  ['8d 00:00:00',   'authority activate --generation issuer~0002',       'ra aa',  '12',  4],
  ['8d 00:01:00',   'authority deactivate --generation issuer~0001',     'ra ra',  '2',   5],
  // Something is amiss: back to the old root and its issuer, and forward again a day later.
  ['8d 01:00:00',   'authority activate --generation root~0001',         'ar ra',  '2',   6],
  ['8d 01:01:00',   'authority activate --generation issuer~0001',       'ar aa',  '12',  7],
  ['8d 01:02:00',   'authority deactivate --generation issuer~0002',     'ar ar',  '1',   8],
  ['9d 01:00:00',   'authority activate --generation root~0002',         'ra ar',  '1',   9],
  ['9d 01:01:00',   'authority activate --generation issuer~0002',       'ra aa',  '12',  10],
  ['9d 01:02:00',   'authority deactivate --generation issuer~0001',     'ra ra',  '2',   11],
  ['9d 01:03:00',   'authority retire --generation root~0001',           'ra ra',  '2',   beneath],
  ['9d 01:04:00',   'authority retire --generation issuer~0001',         'ra ra',  '2',   stillValid],
  ['10d 01:11:30',  'authority retire --generation issuer~0001',         'ra ra',  '2',   stillValid],
  ['10d 01:12:00',  'authority retire --generation issuer~0001',         'ra -a',  '2',   12],
  ['10d 01:13:00',  'authority retire --generation root~0001',           '-a -a',  '2',   13],
  ['10d 01:14:00',  'authority stage-root',                              '-as -a', '2',   14],
  ['17d 00:00:00',  'authority status',                                  '-as -a', '2',   14],
  ['18d 00:00:00',  'authority status',                                  '-as -a', '2',   14],
]

const timeOf = (when: string): Date => {
  const [days = '', time = ''] = when.split('d ')
  return new Date(start.getTime() + Number(days) * day + Date.parse(`1970-01-01T${time}Z`))
}

const letters = { active: 'a', staged: 's', retiring: 'r', retired: '-', tainted: 'x' } as const

const statesOf = ({ generations }: Authority): string => {
  const of = (wanted: string) =>
    generations.filter(({ kind }) => kind === wanted).map(({ state }) => letters[state])
  return `${of('root').join('')} ${of('issuer').join('')}`
}

/** A bundle, and when it came into force. */
interface InForce {
  readonly bundle: StoredBundle
  readonly from: Date
}

/** The bundles that servers may hold which fetched theirs at most one publication window ago: the oldest comes first. */
const heldBy = (bundles: readonly InForce[], now: Date): readonly StoredBundle[] => {
  const oldest = new Date(now.getTime() - windowMilliseconds)
  const replaced = bundles.map((_, index) => bundles[index + 1]?.from ?? now)
  return bundles.filter((_, index) => (replaced[index] ?? now) >= oldest).map(({ bundle }) => bundle)
}

/** Carries out steps, and remembers the secrets that were shown once. */
const performer = (tenant: CliTenant) => {
  const secrets = new Map<string, string>()
  return async (does: string): Promise<void> => {
    const [reporter] = /^\S+(?= reports$)/.exec(does) ?? []
    if (reporter !== undefined) return tenant.report(reporter, secrets.get(reporter) ?? '')
    const { name, secret } = (await tenant.run(does)).json as { name?: string; secret?: string }
    if (name !== undefined && secret !== undefined) secrets.set(name, secret)
  }
}

/** Enrolls until each of the issuers that should sign has signed, and checks that no other does. */
const enrollBySome = async (tenant: CliTenant, signs: string): Promise<readonly HeldLeaf[]> => {
  const instance = tenant.instance()
  const leaves: HeldLeaf[] = []
  const missing = () =>
    signs.split('').filter((number) => !leaves.some(({ issuerId }) => issuerId === `issuer~000${number}`))
  while (missing().length > 0 && leaves.length < 64) leaves.push(await tenant.enroll(instance))
  expect(missing()).toEqual([])
  expect(leaves.filter(({ issuerId }) => !signs.includes(issuerId.slice(-1)))).toEqual([])
  return leaves
}

/**
 * Shows leaves to servers which trust what is in these PEM files. Files are one that differ in comments alone; each leaf
 * is judged by each file once, the oldest again at each step, because time goes on.
 */
const judgeOf = (server: RelyingServer) => {
  const judged = new Set<string>()
  return (leaves: readonly HeldLeaf[], files: readonly string[], at: Date): void => {
    const distinct = new Map(files.map((pem) => [pem.replaceAll(/^#.*\n/gm, '').trim(), pem]))
    for (const [anchors, pem] of distinct) {
      const key = ({ serialNumber }: HeldLeaf) => `${serialNumber} ${anchors}`
      const wanted = leaves.filter((leaf, index) => index === 0 || !judged.has(key(leaf)))
      server.accept(wanted, pem, at)
      for (const leaf of wanted) judged.add(key(leaf))
    }
  }
}

/** PEM certificates of a bundle's roots by their ids. */
const rootsOf = (bundle: StoredBundle | undefined): ReadonlyMap<string, string> =>
  new Map((bundle ? bundleDocument(bundle).roots : []).map(({ id, certificate }) => [id, certificate]))

/** A server's agent takes the bundle in force, whichever it has. */
const checkSuccession = async (bundles: readonly StoredBundle[], { id, now }: CliTenant): Promise<void> => {
  const jws = Buffer.from(bundles.at(-1)?.encodings['trust.jws'] ?? []).toString()
  for (const { sequence, encodings, digests } of bundles) {
    const { roots } = bundleDocument({ encodings })
    const installed = { sequence, sha256: { json: digests['trust.json'], jws: digests['trust.jws'] } }
    const anchors = roots.map(({ sha256 }) => sha256)
    await verifyTrustBundle(jws, { tenant: id, anchors, installed, now })
  }
}

it('rolls root and issuer over, back and forward again, and no server that is a window behind refuses anybody', async () => {
  const document = { certificate: { lifetimeSeconds: 86_400 } }
  const tenant = await createCliTenant({ start, days: 19, document })
  using server = relyingServer()
  const perform = performer(tenant)
  const bundles: InForce[] = []
  const leaves: HeldLeaf[] = []
  const judge = judgeOf(server)

  /** Every leaf that has not ended, shown to every server that may be asked. */
  const checkServers = async (): Promise<void> => {
    const good = leaves.filter(({ notAfter }) => notAfter > tenant.now)
    const held = heldBy(bundles, tenant.now)
    const files = held.flatMap((bundle) => Object.values(installations).map((fileOf) => fileOf(bundle)))
    const isOldKnown = rootsOf(bundles.at(-1)?.bundle).has('root~0001')
    judge(good, isOldKnown ? [...files, firstRoot()] : files, tenant.now)
    await checkSuccession(held, tenant)
  }
  /** What a server trusts that was set up at the start, and never since. */
  const firstRoot = () => rootsOf(bundles[0]?.bundle).get('root~0001') ?? ''

  for (const [when, does, states, signs, outcome] of steps) {
    tenant.now = timeOf(when)
    const sequence = bundles.at(-1)?.bundle.sequence
    const instance: Services = tenant.instance()
    if (bundles.length > 0) leaves.push(await tenant.enroll(instance))

    const refusal = await perform(does).catch((error: unknown) => error)
    if (typeof outcome === 'number') expect(refusal, `${when} ${does}`).toBeUndefined()
    else await expect(Promise.reject(refusal as Error)).toRefuse('transition-refused', outcome)
    const authority = await tenant.authority()
    const { bundle } = authority
    const wanted = typeof outcome === 'number' ? outcome : sequence
    expect([when, bundle.sequence, statesOf(authority)]).toEqual([when, wanted, states])
    if (bundle.sequence !== sequence) bundles.push({ bundle, from: tenant.now })

    leaves.push(...(await enrollBySome(tenant, signs)))
    // An instance that has not heard of the change goes on for 30 s.
    tenant.now = new Date(tenant.now.getTime() + 29_000)
    leaves.push(await tenant.enroll(instance))
    await checkServers()
  }

  // It was the new root, certified by the old one, that made servers of the old root accept the new issuer.
  const crossed = leaves.filter(({ chain }) => chain.length === 2)
  expect(new Set(crossed.map(({ issuerId }) => issuerId))).toEqual(new Set(['issuer~0002']))
  for (const { notAfter, ...leaf } of crossed.slice(-1)) {
    const at = new Date(notAfter.getTime() - 1000)
    server.accept([{ ...leaf, notAfter }], firstRoot(), at)
    const alone = { ...leaf, notAfter, chain: leaf.chain.slice(0, 1) }
    expect(() => server.accept([alone], firstRoot(), at)).toThrow('unable to get local issuer certificate')
  }
  // No longer sent once the old root is out of the bundle.
  expect(leaves.at(-1)?.chain).toHaveLength(1)

  const events = await readEvents(tenant.tables, parseTenantId(tenant.id))
  expect(events.map(({ sequence, forced }) => [sequence, forced])).toEqual(
    bundles.map(({ bundle }) => [bundle.sequence, []]),
  )
})

it('offers the new root first as certified by the latest root before it, which most servers know', async () => {
  const tenant = await createCliTenant({
    start,
    days: 1,
    document: { authority: { publicationWindowSeconds: 0 } },
  })
  using server = relyingServer()
  await tenant.run('authority init')
  await tenant.run('authority activate --generation root~0002')
  const before = (await tenant.authority()).bundle
  for (const command of ['stage-root', 'stage-issuer --root root~0003', 'activate --generation root~0003'])
    await tenant.run(`authority ${command}`)
  await tenant.run('authority activate --generation issuer~0002')
  await tenant.run('authority deactivate --generation issuer~0001')
  const leaf = await tenant.enroll(tenant.instance())
  expect(leaf.chain).toHaveLength(3)
  server.accept([leaf], rootsOf(before).get('root~0002') ?? '', tenant.now)
})
