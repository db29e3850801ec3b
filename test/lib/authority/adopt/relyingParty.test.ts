import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  addRelyingParty,
  adopt,
  checkPartyName,
  confirmInstallation,
  listRelyingParties,
  removeRelyingParty,
} from '../../../../lib/authority/adopt/relyingParty.ts'
import {
  partiesOf,
  type PartyCredential,
  relyingPartiesTable,
} from '../../../../lib/authority/adopt/parties.ts'
import { eventRow } from '../../../../lib/authority/authorityEvent.ts'
import type { ToldBundle } from '../../../../lib/authority/adopt/installedBundle.ts'
import { readPartyHistory } from '../../../../lib/authority/adopt/partyChange.ts'
import { type BundleFile, bundleFiles } from '../../../../lib/authority/storedBundle.ts'
import type { Tables, Value } from '../../../../lib/store/tables.ts'
import { parseTenantId, type TenantId } from '../../../../lib/tenant/tenantId.ts'
import { partyTester, tester, testTime, uniqueTenantId, watchedTestTables } from '../../../world.ts'
import type { WatchedTables } from '../../store/watchTables.ts'

const secret = 'v2H0-canary-of-the-secret'
const soon = new Date(testTime.getTime() + 1)
const later = new Date(testTime.getTime() + 60_000)

/** The digest of a file of a bundle; of PKCS#7 the second and the third bundle have the same. */
const digestOf = (sequence: number, file = 'trust.jws') =>
  createHash('sha256')
    .update(`${file === 'trust.p7b' && sequence === 3 ? 2 : sequence} ${file}`)
    .digest('hex')

/** Writes the event that published a bundle. */
const publish = async (sequence: number) => {
  const digests = Object.fromEntries(bundleFiles.map((file) => [file, digestOf(sequence, file)])) as Record<
    BundleFile,
    string
  >
  const { actor: by, reason } = tester(testTime)
  const told = { by, reason, at: testTime, action: 'stage-root', changes: [], forced: [] }
  const event = { ...told, sequence, digests, publicationWindowSeconds: 0, changeId: '' }
  await tables.insert('authorities', eventRow(tenant, event))
}

let tables: WatchedTables
let tenant: TenantId

beforeEach(async () => {
  tables = await watchedTestTables()
  tenant = parseTenantId(uniqueTenantId())
  await addRelyingParty(tables, { tenant, name: 'vpn-1', secret }, partyTester(testTime))
  for (const sequence of [1, 2, 3, 4, 5]) await publish(sequence)
})

const rowOf = (name: string) => tables.get(relyingPartiesTable, { partition: tenant, row: name })

interface Report {
  readonly name?: string
  readonly with?: string
  readonly at?: Date
  readonly on?: Tables
}

/** Reports to an instance that has seen nothing before, as a request does. */
const adoptOf = async (
  credential: PartyCredential,
  told: ToldBundle,
  { at = testTime, on = tables, of = tenant }: Report & { readonly of?: TenantId } = {},
): Promise<number> => {
  const party = await partiesOf(on, () => testTime.getTime()).authenticate(of, credential)
  await adopt(on, party, { tenant: of, credential, told, at })
  return told.sequence
}

const report = (
  sequence: number,
  { name = 'vpn-1', with: given = secret, at = testTime, on = tables }: Report = {},
): Promise<number> => adoptOf({ name, secret: given }, { sequence, sha256: digestOf(sequence) }, { at, on })

const confirm = (sequence: number, name = 'vpn-1', sha256 = digestOf(sequence)) =>
  confirmInstallation(
    tables,
    { tenant, name },
    { told: { sequence, sha256 }, author: { ...partyTester(soon, 'alice@bench'), reason: 'by hand' } },
  )

describe('addRelyingParty() and listRelyingParties()', () => {
  it('list parties by name, which installed nothing yet', async () => {
    expect(await addRelyingParty(tables, { tenant, name: 'a.vpn', secret }, partyTester(testTime))).toBe(true)
    const told = { installedSequence: 0, installedSha256: '', installedAt: undefined, confirmedBy: '' }
    const nothing = { ...told, doubt: '' }
    expect(await listRelyingParties(tables, tenant)).toEqual([
      { name: 'a.vpn', ...nothing },
      { name: 'vpn-1', ...nothing },
    ])
    expect(await listRelyingParties(tables, parseTenantId(uniqueTenantId()))).toEqual([])
  })

  it('store the SHA-256 of the secret and not the secret, nor show either', async () => {
    const row = await rowOf('vpn-1')
    expect(row?.values['secretHash']).toBe(createHash('sha256').update(secret).digest('hex'))
    expect(JSON.stringify(row)).not.toContain('canary')
    expect(JSON.stringify(await listRelyingParties(tables, tenant))).not.toMatch(/canary|secret|[0-9a-f]{64}/)
  })

  it('leave a party that is listed alone, its secret and what it installed included', async () => {
    await report(3)
    expect(
      await addRelyingParty(tables, { tenant, name: 'vpn-1', secret: 'another' }, partyTester(later)),
    ).toBe(false)
    expect(await listRelyingParties(tables, tenant)).toMatchObject([{ name: 'vpn-1', installedSequence: 3 }])
    await expect(report(4)).resolves.toBe(4)
    await expect(report(4, { with: 'another' })).toRefuse('relying-party-refused')
  })
})

describe('checkPartyName()', () => {
  it.each(['a', '0', 'vpn-1.fra.contoso.example', 'a'.repeat(63)])('takes %s', (name) => {
    expect(checkPartyName(name)).toBe(name)
  })

  it.each(['', '-a', '.a', 'VPN', 'a b', 'a/b', 'a#', 'a~b', 'ä', 'a:b', 'a'.repeat(64), 'a\n'])(
    'refuses %j, wherever it is given',
    async (name) => {
      expect(() => checkPartyName(name)).toRefuse('usage-wrong', /a-z, 0-9, dots and hyphens/)
      await expect(async () =>
        addRelyingParty(tables, { tenant, name, secret }, partyTester(testTime)),
      ).toRefuse('usage-wrong')
      await expect(removeRelyingParty(tables, { tenant, name }, partyTester(testTime))).toRefuse(
        'usage-wrong',
      )
      await expect(confirm(1, name)).toRefuse('usage-wrong')
    },
  )
})

describe('removeRelyingParty()', () => {
  it('takes a party off the list; its secret is good for nothing then', async () => {
    await removeRelyingParty(tables, { tenant, name: 'vpn-1' }, partyTester(testTime))
    expect(await listRelyingParties(tables, tenant)).toEqual([])
    await expect(report(1)).toRefuse('relying-party-refused')
  })

  it('refuses a party that is not listed, here or by another tenant', async () => {
    await expect(removeRelyingParty(tables, { tenant, name: 'vpn-2' }, partyTester(testTime))).toRefuse(
      'relying-party-unknown',
      /has no vpn-2/,
    )
    const other = parseTenantId(uniqueTenantId())
    await expect(
      removeRelyingParty(tables, { tenant: other, name: 'vpn-1' }, partyTester(testTime)),
    ).toRefuse('relying-party-unknown')
    expect(await listRelyingParties(tables, tenant)).toHaveLength(1)
  })
})

describe('confirmInstallation()', () => {
  it('records what an administrator knows, and who', async () => {
    await confirm(4)
    expect(await listRelyingParties(tables, tenant)).toEqual([
      {
        name: 'vpn-1',
        installedSequence: 4,
        installedSha256: digestOf(4),
        doubt: '',
        installedAt: soon,
        confirmedBy: 'local:alice@bench',
      },
    ])
    await expect(report(5)).resolves.toBe(5)
  })

  it('refuses a party that is not listed', async () => {
    await expect(confirm(4, 'vpn-2')).toRefuse('relying-party-unknown', /Cannot confirm for vpn-2/)
  })
})

describe('the bundle that a party holds', () => {
  const alter = async (values: Readonly<Record<string, Value>>) => {
    const row = (await rowOf('vpn-1')) ?? expect.fail('It is not listed.')
    const changed = { ...row, values: { ...row.values, ...values } }
    await tables.transact(relyingPartiesTable, [{ kind: 'replace', row: changed, etag: row.etag }])
  }
  const held = async () => {
    const [party] = await listRelyingParties(tables, tenant)
    return [party?.installedSequence, party?.doubt]
  }

  it.each<[string, Readonly<Record<string, Value>>, number, string]>([
    ['what was told', {}, 2, ''],
    ['a number that was put up', { installedSequence: 5 }, 0, 'its number is not that of its digest'],
    ['a number that was rolled back', { installedSequence: 1 }, 0, 'its number is not that of its digest'],
    [
      'a digest of nothing',
      { installedSha256: 'ab'.repeat(32) },
      0,
      'its digest is of no bundle that was published',
    ],
    [
      'a digest of another bundle',
      { installedSha256: digestOf(5) },
      0,
      'its number is not that of its digest',
    ],
    ['both of an older one', { installedSequence: 1, installedSha256: digestOf(1) }, 1, ''],
    ['a row of Mayfly 0.1', { installedSha256: '' }, 0, 'it told no digest'],
    ['no number', { installedSequence: 'x' }, 0, 'its number is not that of its digest'],
  ])('by %s', async (_, values, sequence, doubt) => {
    await report(2)
    await alter(values)
    expect(await held()).toEqual([sequence, doubt])
  })

  it.each([2, 3])('by a file that bundles 2 and 3 share, told as %i', async (sequence) => {
    await confirm(sequence, 'vpn-1', digestOf(2, 'trust.p7b'))
    expect(await held()).toEqual([sequence, ''])
  })
})

describe('readPartyHistory()', () => {
  it('tells who added, confirmed and removed, when and why, and nothing that did not happen', async () => {
    await confirm(4)
    await expect(confirm(4, 'vpn-2')).toRefuse('relying-party-unknown')
    await report(5)
    await removeRelyingParty(tables, { tenant, name: 'vpn-1' }, partyTester(later))
    const at = testTime
    expect(await readPartyHistory(tables, tenant)).toEqual([
      { name: 'vpn-1', action: 'add', at, by: tester(at).actor, reason: '' },
      {
        name: 'vpn-1',
        action: 'confirm bundle 4',
        at: soon,
        by: tester(at, 'alice@bench').actor,
        reason: 'by hand',
      },
      { name: 'vpn-1', action: 'remove', at: later, by: tester(at).actor, reason: '' },
    ])
  })

  it('knows its own change when the SDK repeats the write', async () => {
    const repeating: Tables = {
      ...tables,
      transact: async (table, writes) => {
        await tables.transact(table, writes)
        return tables.transact(table, writes)
      },
    }
    const party = { tenant, name: 'vpn-2', secret }
    expect(await addRelyingParty(repeating, party, partyTester(testTime))).toBe(true)
    await removeRelyingParty(repeating, party, partyTester(later))
    expect(await listRelyingParties(tables, tenant)).toHaveLength(1)
  })
})

describe('adopt()', () => {
  it('records what the agent of the party tells, and when', async () => {
    expect(await report(4, { at: later })).toBe(4)
    expect(await listRelyingParties(tables, tenant)).toEqual([
      {
        name: 'vpn-1',
        installedSequence: 4,
        installedSha256: digestOf(4),
        doubt: '',
        installedAt: later,
        confirmedBy: 'agent',
      },
    ])
  })

  it('records that an older bundle was installed again: it is the truth', async () => {
    await report(4)
    await report(3, { at: later })
    expect(await listRelyingParties(tables, tenant)).toMatchObject([
      { installedSequence: 3, installedAt: later },
    ])
  })

  it.each<[string, Report]>([
    ['an unknown party', { name: 'vpn-2' }],
    ['a wrong secret', { with: `${secret}x` }],
    ['no secret', { with: '' }],
    ['the hash of the secret', { with: createHash('sha256').update(secret).digest('hex') }],
    ['an unknown party without a secret', { name: 'vpn-2', with: '' }],
    ['a name that none can have', { name: '../vpn-1' }],
    ['no name', { name: '' }],
    ['a row of the history, which has no secret', { name: 'HISTORY', with: '' }],
  ])('refuses %s, all alike, without writing', async (_, { name: given = 'vpn-1', with: wrong = secret }) => {
    const history = await tables.list(relyingPartiesTable, tenant, { only: { from: '~', before: '~~' } })
    const name = given === 'HISTORY' ? (history[0]?.row ?? expect.fail('There is none.')) : given
    const before = await rowOf('vpn-1')
    const adoption = adoptOf({ name, secret: wrong }, { sequence: 1, sha256: '' })
    await expect(adoption).toRefuse(
      'relying-party-refused',
      /^Cannot tell which relying party asks: name and secret do not match\.$/,
    )
    expect(await rowOf('vpn-1')).toEqual(before)
  })

  it("refuses another tenant's party", async () => {
    const other = parseTenantId(uniqueTenantId())
    const adoption = adoptOf({ name: 'vpn-1', secret }, { sequence: 1, sha256: '' }, { of: other })
    await expect(adoption).toRefuse('relying-party-refused')
  })

  it('records reports that come at once: every one is answered, and one of them stays', async () => {
    const sequences = [1, 2, 3, 4]
    expect(await Promise.all(sequences.map((sequence) => report(sequence)))).toEqual(sequences)
    const [party] = await listRelyingParties(tables, tenant)
    expect(sequences).toContain(party?.installedSequence)
  })

  it('gives up when others keep writing the row', async () => {
    const busy: Tables = { ...tables, transact: () => Promise.resolve(false) }
    await expect(report(1, { on: busy })).toRefuse('tables-unavailable', /others write the same row/)
  })

  it('does not bring back a party that is removed meanwhile', async () => {
    const racing: Tables = {
      ...tables,
      transact: async (table, writes) => {
        await removeRelyingParty(tables, { tenant, name: 'vpn-1' }, partyTester(testTime)).catch(
          () => undefined,
        )
        return tables.transact(table, writes)
      },
    }
    await expect(report(1, { on: racing })).toRefuse('relying-party-refused')
    expect(await listRelyingParties(tables, tenant)).toEqual([])
  })
})
