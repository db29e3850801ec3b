import { beforeAll, describe, expect, it } from 'vitest'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import {
  someIssuance,
  someRefusal,
  someSignals,
  storeIssuances,
  storeRefusals,
} from '../../lib/ledger/storedRows.ts'
import { networks, policyDocument } from '../../policies.ts'
import { testTables } from '../../azurite.ts'
import { policyWorld } from '../policy/policyWorld.ts'
import { testTime } from '../runCommand.ts'

let tables: Tables
beforeAll(async () => {
  tables = await testTables(testTime)
})

const signals = (changes: Partial<Signals> = {}, compliant: 'yes' | 'no' = 'yes') => ({
  ...someSignals(compliant),
  ...changes,
})
const atOffice = { locations: { includeLocations: ['All'], excludeLocations: ['Office'] } }
const granting = (...builtInControls: readonly string[]) => ({
  grantControls: { operator: 'OR', builtInControls },
})

/** Requests by the name of a user: what was recorded of them, and what came of them. */
const requests = {
  office: signals({ clientIp: '192.0.2.7' }),
  away: signals({ clientIp: '198.51.100.1', proofs: { compliantDevice: 'yes', mfa: 'no' } }),
  silent: signals({ clientIp: '198.51.100.1', proofs: { compliantDevice: 'yes', mfa: 'unknown' } }),
  unmapped: signals({ clientIp: '198.51.100.1' }),
  nowhere: signals({ proofs: { compliantDevice: 'yes', mfa: 'no' } }),
  mfa: signals({ proofs: { compliantDevice: 'yes', mfa: 'yes' } }),
  joined: signals({ proofs: { domainJoinedDevice: 'yes', mfa: 'yes' } }),
  old: [{ proof: 'claim device_compliant', signal: 'proven' }],
} as const
const refused = {
  excluded: signals({ clientIp: '192.0.2.7' }),
  unhealthy: signals({ clientIp: '192.0.2.7' }, 'no'),
} as const

const upnOf = (user: string) => `${user}@contoso.example`

const world = async () => {
  const made = await policyWorld()
  await made.apply('location apply', networks('Office', '192.0.2.0/24'))
  const rows = Object.entries(requests).map(([user, told]) =>
    someIssuance({ upn: upnOf(user), subject: user, signals: told }),
  )
  const denied = Object.entries(refused).map(([user, told]) =>
    someRefusal({ upn: upnOf(user), subject: user, signals: told }),
  )
  const other = someRefusal({ code: 'token-expired', upn: upnOf('expired'), signals: [] })
  await storeIssuances(tables, made.tenant, rows)
  await storeRefusals(tables, made.tenant, [...denied, other])
  const replay = async (policies: unknown, ...more: readonly string[]) =>
    made.run('policy replay', ['-f', await made.file(policies), ...more])
  return { ...made, replay }
}

interface Replayed {
  readonly requests: number
  readonly same: number
  readonly changed: readonly { readonly change: string; readonly upn: string; readonly why: string }[]
}
const changesIn = (json: unknown) =>
  Object.fromEntries((json as Replayed).changed.map(({ upn, change }) => [upn.split('@')[0], change]))

describe('mayfly policy replay', () => {
  it('lists who would be refused or let in, and of whom nobody can tell', async () => {
    const { replay } = await world()
    const away = policyDocument('Away: mfa', { conditions: atOffice, ...granting('mfa') })
    const { text, json } = await replay([policyDocument('Compliant'), away])
    expect(changesIn(json)).toEqual({
      away: 'refused',
      silent: 'refused',
      unmapped: 'cannot tell',
      nowhere: 'cannot tell',
      joined: 'cannot tell',
      old: 'cannot tell',
      excluded: 'let in',
    })
    expect(json).toMatchObject({ revision: 2, requests: 10, same: 3 })
    expect(text).toMatch(
      /^would be refused\n {2}away@contoso\.example [^]*\n {4}1 request, the last at 2026-03-02T09:00:00Z .*\n {4}"Away: mfa": failed: mfa\n/,
    )
    expect(text).toMatch(
      /\n\nwould be let in\n {2}excluded[^]*\n\ncannot tell, for want of [^]*\n\ndecided again: 10 requests, 3 as they were$/,
    )
  })

  it('cannot tell where no policy permits for certain, and can where none could', async () => {
    const { replay } = await world()
    const offices = policyDocument('Office alone', {
      conditions: { locations: { includeLocations: ['Office'] } },
    })
    expect(changesIn((await replay(offices)).json)).toMatchObject({
      away: 'refused',
      unmapped: 'refused',
      nowhere: 'cannot tell',
      mfa: 'cannot tell',
      excluded: 'let in',
    })
    const risky = policyDocument('Risky', {
      conditions: { signInRiskLevels: ['high'] },
      ...granting('block'),
    })
    const { changed } = (await replay([policyDocument('C'), risky])).json as Replayed
    expect(new Set(changed.map(({ change }) => change))).toEqual(new Set(['cannot tell']))
    const either = policyDocument('Either', granting('mfa', 'compliantDevice'))
    expect(changesIn((await replay(either)).json)).toEqual({
      joined: 'cannot tell',
      old: 'cannot tell',
      excluded: 'let in',
    })
  })

  it('reports what only reports as the same, and adds to what is in force', async () => {
    const { replay, apply } = await world()
    await apply('policy apply', policyDocument('Compliant'))
    const block = policyDocument('Block', granting('block'))
    const reporting = { ...block, state: 'enabledForReportingButNotEnforced' }
    expect(changesIn((await replay(reporting, '--add')).json)).toEqual({
      joined: 'cannot tell',
      old: 'cannot tell',
      excluded: 'let in',
    })
    const all = changesIn((await replay(block, '--add')).json)
    expect(Object.values(all).filter((change) => change === 'refused')).toHaveLength(7)
  })

  it('reads a period, and refuses policies that could not be applied', async () => {
    const { replay } = await world()
    expect((await replay(policyDocument('A'), '--since', '30m')).json).toMatchObject({ requests: 0 })
    const unknown = policyDocument('A', { conditions: { userRiskLevels: ['high'] } })
    await expect(replay(unknown)).toRefuse('policies-invalid', /the user risk/)
    await expect(replay(policyDocument('A'), '--until', '8d')).toRefuse('usage-wrong')
  })
})
