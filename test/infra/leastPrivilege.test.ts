import { describe, expect, it } from 'vitest'
import { propertyOf } from '../../tools/bicep/syntax.ts'
import { grants } from './grants.ts'
import { propertiesOf, resourcesOf, textsOf } from './infra.ts'

const tables = 'Microsoft.Storage/storageAccounts/tableServices/tables'
const readRows = `data:${tables}/entities/read`
const addRows = `data:${tables}/entities/add/action`
const updateRows = `data:${tables}/entities/update/action`
const deleteRows = `data:${tables}/entities/delete`
const keys = 'data:Microsoft.KeyVault/vaults/keys'

/** Everything that anybody is granted: a row more or less, or an action more, is a decision to be made here as well. */
const expected: readonly (readonly [who: string, on: string, may: readonly string[]])[] = [
  ['enroll', 'vaults issuerVault', [`${keys}/read`, `${keys}/sign/action`]],
  ['enroll', 'storage tenants', [readRows]],
  ['enroll', 'storage authorities', [readRows]],
  ['enroll', 'storage relyingParties', [readRows, updateRows]],
  ['enroll', 'storage records', [readRows, addRows]],
  ['enroll', 'storage enrollHost', ['Storage Blob Data Owner']],
  ['enroll', 'monitoring component', ['Monitoring Metrics Publisher']],

  ['housekeeping', 'storage records', [`${tables}/read`, `${tables}/write`, `${tables}/delete`]],
  ['housekeeping', 'storage housekeepingHost', ['Storage Blob Data Owner']],
  ['housekeeping', 'monitoring component', ['Monitoring Metrics Publisher']],

  ...['issuerVault', 'rootVault'].map(
    (vault) =>
      [
        'administrator',
        `vaults ${vault}`,
        [`${keys}/read`, `${keys}/create/action`, `${keys}/update/action`, `${keys}/sign/action`],
      ] as const,
  ),
  [
    'administrator',
    'storage configuration',
    [`${tables}/read`, `${tables}/write`, readRows, addRows, updateRows, deleteRows],
  ],
  ['administrator', 'storage records', [`${tables}/read`, `${tables}/write`, `${tables}/delete`, readRows]],
]

const line = ({ who, on, may }: { who: string; on: string; may: readonly string[] }): string =>
  [who, on, [...may].toSorted().join(' ')].join(' | ')

const mayOf = (who: string, on: RegExp): readonly string[] =>
  grants()
    .filter((grant) => grant.who === who && on.test(grant.on))
    .flatMap(({ may }) => may)

describe('infra/ grants', () => {
  it('exactly what is listed here', () => {
    const wanted = expected.map(([who, on, may]) => line({ who, on, may }))
    expect(
      grants()
        .map((grant) => line(grant))
        .toSorted(),
    ).toEqual(wanted.toSorted())
  })

  it('no wildcard, nothing that grants on, and no key of an account', () => {
    const all = grants().flatMap(({ may }) => may)
    expect(
      all.filter((action) =>
        /\*|Microsoft\.Authorization|listKeys|backup|export|purge|release/i.test(action),
      ),
    ).toEqual([])
    for (const role of resourcesOf('Microsoft.Authorization/roleDefinitions'))
      expect(textsOf(propertyOf(propertiesOf(role), 'assignableScopes'))).toEqual(['resourceGroup().id'])
  })

  it('the enrolling identity no update and no delete, but of what relying parties report', () => {
    const changes = /update|delete|write/
    expect(mayOf('enroll', /^(?!storage relyingParties)/).filter((action) => changes.test(action))).toEqual(
      [],
    )
    expect(mayOf('enroll', /relyingParties/)).not.toContain(deleteRows)
    expect(mayOf('enroll', /relyingParties/)).not.toContain(addRows)
  })

  it('neither app anything on the root vault, and housekeeping nothing on any', () => {
    expect(mayOf('enroll', /rootVault/)).toEqual([])
    expect(mayOf('housekeeping', /^vaults/)).toEqual([])
  })

  it('housekeeping no row, and no table of configuration', () => {
    const may = mayOf('housekeeping', /^storage/)
    expect(may.filter((action) => action.startsWith('data:'))).toEqual([])
    expect(mayOf('housekeeping', /configuration|tenants|authorities|relyingParties|enrollHost/)).toEqual([])
  })

  it('no app the account of the other one, whose package it could replace', () => {
    expect(mayOf('enroll', /housekeepingHost/)).toEqual([])
    expect(mayOf('housekeeping', /enrollHost/)).toEqual([])
  })

  it('nobody a change of what was recorded', () => {
    for (const who of ['enroll', 'housekeeping', 'administrator'])
      expect(
        mayOf(who, /^storage records$/).filter((action) => /update|entities\/delete/.test(action)),
      ).toEqual([])
  })
})
