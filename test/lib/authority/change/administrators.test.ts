import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Authority, readAuthority } from '../../../../lib/authority/authority.ts'
import { readEvents } from '../../../../lib/authority/authorityEvent.ts'
import { partiesOf } from '../../../../lib/authority/adopt/parties.ts'
import { adopt, listRelyingParties } from '../../../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import type { Tables } from '../../../../lib/store/tables.ts'
import type { TenantId } from '../../../../lib/tenant/tenantId.ts'
import { testTables } from '../../../azurite.ts'
import { runCommand, testDeployment, testTime } from '../../../cli/runCommand.ts'
import { testDocument } from '../../../cli/testDocument.ts'
import { temporaryFolder } from '../../../local/temporaryFolder.ts'
import { applyDocument } from '../../../world.ts'
import { mortal } from './mortal.ts'

let tables: Tables

beforeAll(async () => {
  tables = await testTables(testTime)
})

/** A tenant whose generations wait for nothing. */
interface TestTenant {
  readonly id: TenantId
  /** What a command says it did, or why it refused; a fault is thrown. With a barrier it waits there before it writes. */
  run(command: string, barrier?: () => Promise<void>): Promise<Result>
  authority(): Promise<Authority>
}

/** What became of one command. */
interface Result {
  readonly command: string
  readonly json: { readonly changed?: boolean; readonly created?: boolean; readonly secret?: string }
  readonly refusal?: Refusal
}

const withBarrier = (inner: Tables, barrier?: () => Promise<void>): Tables => ({
  ...inner,
  async transact(table, writes) {
    await barrier?.()
    return inner.transact(table, writes)
  },
})

const createTenant = async (...commands: readonly string[]): Promise<TestTenant> => {
  const document = testDocument({ authority: { publicationWindowSeconds: 0 } })
  const { tenant: id } = await applyDocument(tables, document, testTime)
  const deployment = testDeployment(await temporaryFolder())
  const tenant: TestTenant = {
    id,
    async run(command, barrier) {
      const watchTables = () => withBarrier(mortal().watchTables(tables), barrier)
      const args = [...command.split(' '), '--tenant', id]
      try {
        const { json } = await runCommand(args, deployment, { answer: true, watchTables })
        return { command, json: json as Result['json'] }
      } catch (error) {
        if (error instanceof Refusal) return { command, json: {}, refusal: error }
        throw error
      }
    },
    async authority() {
      const authority = await readAuthority(tables, id)
      if (authority) return authority
      throw new Error('The tenant has no authority.')
    },
  }
  for (const command of commands) expect((await tenant.run(command)).refusal).toBeUndefined()
  return tenant
}

/** Lets a number of callers go on once all of them have come. */
const barrierOf = (count: number): (() => Promise<void>) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let missing = count
  return () => {
    if ((missing -= 1) === 0) resolve()
    return promise
  }
}

const didChange = ({ json }: Result): boolean => json.changed === true || json.created === true

/** The history is without gaps, tells of each change that was told, and ends in what is there now. */
const checkHistory = async (tenant: TestTenant, changes: number): Promise<void> => {
  const { bundle, generations } = await tenant.authority()
  const events = await readEvents(tables, tenant.id)
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  expect([events.length, bundle.sequence]).toEqual([changes, changes])
  expect(events.at(-1)?.digests).toEqual(bundle.digests)
  const told = new Map(
    events.flatMap((event) => event.changes.map((change) => change.split(' ') as [string, string])),
  )
  for (const [key, what] of told) if (what === 'made') told.delete(key)
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(generations.map((one) => [one.id, one.state])))
  const document = JSON.parse(Buffer.from(bundle.encodings['trust.json']).toString()) as {
    readonly roots: readonly { readonly id: string; readonly state: string }[]
    readonly issuers: readonly { readonly id: string; readonly state: string }[]
  }
  const inBundle = [...document.roots, ...document.issuers].map((one) => `${one.id} ${one.state}`)
  const published = generations.filter(({ state }) => state !== 'retired' && state !== 'tainted')
  expect(inBundle.toSorted(byText)).toEqual(published.map((one) => `${one.id} ${one.state}`).toSorted(byText))
}

const byText = (left: string, right: string): number => (left < right ? -1 : 1)

const init = 'authority init'
const activateRoot = 'authority activate --generation root~0002'
const stageIssuer = 'authority stage-issuer'
const activateIssuer = 'authority activate --generation issuer~0002'
const taintRoot = 'authority taint --generation root~0001 --force'
const taintIssuer = 'authority taint --generation issuer~0001 --force'
const retireIssuer = 'authority retire --generation issuer~0002'
const deactivate = 'authority deactivate --generation issuer~0001 --force'
const stageRoot = 'authority stage-root'

/** Commands that meet. */
interface Meeting {
  readonly before: readonly string[]
  readonly commands: readonly string[]
  /** Why a command may be refused once another was first. */
  readonly refusedLater?: RegExp
}

const four = [activateIssuer, taintIssuer, activateRoot, retireIssuer]

const meetings: readonly Meeting[] = [
  { before: [], commands: [init, init] },
  { before: [init], commands: [stageIssuer, stageIssuer] },
  { before: [init], commands: Array.from({ length: 6 }, () => stageIssuer) },
  { before: [init, activateRoot], commands: [stageRoot, stageRoot] },
  { before: [init, activateRoot], commands: [stageRoot, stageIssuer] },
  { before: [init], commands: [activateRoot, activateRoot] },
  { before: [init], commands: [activateRoot, stageIssuer] },
  { before: [init], commands: [activateRoot, taintRoot], refusedLater: /it is tainted/ },
  { before: [init], commands: [deactivate, taintIssuer], refusedLater: /it is tainted/ },
  {
    before: [init, stageIssuer],
    commands: [activateIssuer, retireIssuer],
    refusedLater: /it is (active|retired)/,
  },
  { before: [init, stageIssuer], commands: four, refusedLater: /it is (active|retired)/ },
]

const titled = meetings.map((meeting) => ({ ...meeting, title: meeting.commands.join(' | ') }))

describe.each(titled)('administrators who run at once $title', (meeting) => {
  const { before, commands, refusedLater = /never/ } = meeting
  const base = before.length

  it('change one thing when all had read the same: the others are told, and their commands run again', async () => {
    const tenant = await createTenant(...before)
    const barrier = barrierOf(commands.length)
    const results = await Promise.all(commands.map((command) => tenant.run(command, barrier)))
    const losers = results.filter((result) => !didChange(result))
    expect(losers).toHaveLength(commands.length - 1)
    const found = commands[0] === init
    for (const { refusal } of losers) expect(refusal?.code).toBe(found ? undefined : 'configuration-conflict')
    await checkHistory(tenant, base + 1)

    let changes = base + 1
    for (const { command } of losers) {
      const again = await tenant.run(command)
      if (didChange(again)) changes += 1
      if (again.refusal) expect(again.refusal.detail).toMatch(refusedLater)
    }
    if (new Set(commands).size === 1) expect(changes).toBe(base + 1)
    await checkHistory(tenant, changes)
  })

  it('lose no change and make no two bundles of one sequence, however they meet', async () => {
    for (let round = 0; round < 5; round++) {
      const tenant = await createTenant(...before)
      const later = async (command: string, index: number) => {
        for (let turn = 0; turn < index * round * 8; turn++) await nextTurn()
        return tenant.run(command)
      }
      const results = await Promise.all(commands.map(later))
      for (const { refusal } of results.filter((result) => result.refusal)) {
        if (refusal?.code === 'configuration-conflict') continue
        expect([refusal?.code, refusal?.detail]).toEqual([
          'transition-refused',
          expect.stringMatching(refusedLater),
        ])
      }
      await checkHistory(tenant, base + results.filter(didChange).length)
    }
  })
})

describe('administrators of relying parties', () => {
  it('who add the same one at once get one secret, which is the one that counts', async () => {
    const tenant = await createTenant(init)
    const results = await Promise.all(
      Array.from({ length: 6 }, () => tenant.run('relying-party add --name vpn-1')),
    )
    const secrets = results.flatMap(({ json }) => json.secret ?? [])
    expect(secrets).toHaveLength(1)
    const codes = results.flatMap(({ refusal }) => refusal?.code ?? [])
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'configuration-conflict'))
    const credential = { name: 'vpn-1', secret: secrets[0] ?? '' }
    const told = { sequence: 1, sha256: 'ab'.repeat(32) }
    const party = await partiesOf(tables, () => testTime.getTime()).authenticate(tenant.id, credential)
    await adopt(tables, party, { tenant: tenant.id, credential, told, at: testTime })
    const [installed] = await listRelyingParties(tables, tenant.id)
    expect(installed?.installedSha256).toBe(told.sha256)
  })

  it('who confirm at once are all heard', async () => {
    const tenant = await createTenant(init, 'relying-party add --name vpn-1', stageIssuer)
    const results = await Promise.all(
      [1, 2, 1, 2].map((bundle) => tenant.run(`authority confirm --relying-party vpn-1 --bundle ${bundle}`)),
    )
    expect(results.flatMap(({ refusal }) => refusal ?? [])).toEqual([])
    const [party] = await listRelyingParties(tables, tenant.id)
    expect([1, 2]).toContain(party?.installedSequence)
  })

  it('who remove one while another confirms for it do not bring it back', async () => {
    for (let round = 0; round < 5; round++) {
      const tenant = await createTenant(init, 'relying-party add --name vpn-1')
      const [removed, confirmed] = await Promise.all([
        tenant.run('relying-party remove --name vpn-1'),
        tenant.run('authority confirm --relying-party vpn-1 --bundle 1'),
      ])
      expect(removed.refusal).toBeUndefined()
      expect([undefined, 'relying-party-unknown']).toContain(confirmed.refusal?.code)
      expect(await listRelyingParties(tables, tenant.id)).toEqual([])
    }
  })
})
