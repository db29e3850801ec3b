import { describe, expect, it } from 'vitest'
import { grantsOf } from './grants.ts'
import { resourcesOf, snapshots, valueAt } from './infra.ts'

const tables = 'Microsoft.Storage/storageAccounts/tableServices/tables'
const readRows = `data:${tables}/entities/read`
const addRows = `data:${tables}/entities/add/action`
const updateRows = `data:${tables}/entities/update/action`
const deleteRows = `data:${tables}/entities/delete`
const keys = 'data:Microsoft.KeyVault/vaults/keys'
const keepsKeys = [`${keys}/read`, `${keys}/create/action`, `${keys}/update/action`, `${keys}/sign/action`]

/** Everything that anybody is granted: a row more or less, or an action more, is a decision to be made here as well. */
const expected: readonly (readonly [who: string, on: string, may: readonly string[]])[] = [
  ['enroll', 'issuerVault', [`${keys}/read`, `${keys}/sign/action`]],
  ['enroll', 'tenants', [readRows]],
  ['enroll', 'authorities', [readRows]],
  ['enroll', 'relyingParties', [readRows, updateRows]],
  ['enroll', 'records', [readRows, addRows]],
  ['enroll', 'enrollHost', ['Storage Blob Data Owner']],
  ['enroll', 'component', ['Monitoring Metrics Publisher']],
  ['housekeeping', 'records', [`${tables}/read`, `${tables}/write`, `${tables}/delete`]],
  ['housekeeping', 'housekeepingHost', ['Storage Blob Data Owner']],
  ['housekeeping', 'component', ['Monitoring Metrics Publisher']],
  ['administrator', 'issuerVault', keepsKeys],
  ['administrator', 'rootVault', keepsKeys],
  [
    'administrator',
    'configuration',
    [`${tables}/read`, `${tables}/write`, readRows, addRows, updateRows, deleteRows],
  ],
  ['administrator', 'records', [`${tables}/read`, `${tables}/write`, `${tables}/delete`, readRows]],
]

const line = (who: string, on: string, may: readonly string[]): string =>
  [who, on, [...may].toSorted().join(' ')].join(' | ')

describe('infra/ grants', () => {
  const grants = grantsOf(snapshots.private)

  const actionsOf = (who: string, on: RegExp): readonly string[] =>
    grants.filter((grant) => grant.who === who && on.test(grant.on)).flatMap(({ may }) => may)

  it('exactly what is listed here, and nothing to an administrator who is not named', () => {
    const wanted = expected.map(([who, on, may]) => line(who, on, may)).toSorted()
    expect(grants.map(({ who, on, may }) => line(who, on, may)).toSorted()).toEqual(wanted)
    const others = grantsOf(snapshots.defaults).map(({ who, on, may }) => line(who, on, may))
    expect(others.toSorted()).toEqual(wanted.filter((one) => !one.startsWith('administrator')))
  })

  it('no wildcard, nothing that grants on, and no key of an account', () => {
    const refused = /\*|Microsoft\.Authorization|listKeys|backup|export|purge|release/i
    expect(grants.flatMap(({ may }) => may).filter((action) => refused.test(action))).toEqual([])
    const roles = resourcesOf(snapshots.private, 'Microsoft.Authorization/roleDefinitions')
    expect(roles.length).toBeGreaterThan(5)
    for (const role of roles)
      expect(valueAt(role, 'assignableScopes')).toEqual([expect.stringMatching(/\/resourceGroups\/mayfly$/)])
  })

  it('the enrolling identity no update and no delete, but of what relying parties report', () => {
    const changes = actionsOf('enroll', /^(?!relyingParties)/).filter((one) =>
      /update|delete|write/.test(one),
    )
    expect(changes).toEqual([])
    for (const action of [deleteRows, addRows])
      expect(actionsOf('enroll', /relyingParties/)).not.toContain(action)
  })

  it('neither app anything on the root vault or the account of the other, whose package it could replace', () => {
    expect(actionsOf('enroll', /rootVault|housekeepingHost/)).toEqual([])
    expect(actionsOf('housekeeping', /Vault|enrollHost/)).toEqual([])
  })

  it('housekeeping no row, and no table of configuration', () => {
    expect(actionsOf('housekeeping', /records/).filter((action) => action.startsWith('data:'))).toEqual([])
    expect(actionsOf('housekeeping', /configuration|tenants|authorities|relyingParties/)).toEqual([])
  })

  it('nobody a change of what was recorded', () => {
    const changes = grants
      .filter(({ on }) => on === 'records')
      .flatMap(({ may }) => may)
      .filter((action) => /update|entities\/delete/.test(action))
    expect(changes).toEqual([])
  })
})
