import { describe, expect, it } from 'vitest'
import { actorOfToken, findActor } from '../../../cli/tenant/findActor.ts'

const tokenOf = (claims: object): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

const [oid, tid, appid] = [1, 2, 3].map((digit) =>
  `${digit}`.repeat(8).concat('-0000-4000-8000-000000000000'),
)
const ids = { objectId: oid, directoryId: tid, applicationId: appid, workplace: 'al@laptop' }

describe('actorOfToken()', () => {
  it.each([
    ['a user', { upn: 'alice@contoso.example', appid }, 'alice@contoso.example'],
    ['a guest', { unique_name: 'live.com#bob@example.org', appid }, 'live.com#bob@example.org'],
    [
      'a user of a v2 token',
      { preferred_username: 'carol@contoso.example', azp: appid },
      'carol@contoso.example',
    ],
    ['a pipeline', { idtyp: 'app', appid, upn: 'nobody@contoso.example' }, `app ${appid}`],
    ['a managed identity', { appid }, `app ${appid}`],
  ])('names %s', (_, claims, name) => {
    expect(actorOfToken(tokenOf({ oid, tid, ...claims }), 'al@laptop')).toEqual({
      kind: 'entra',
      name,
      ...ids,
    })
  })

  it.each(['', 'opaque', 'a.b.c', tokenOf([]), tokenOf({ upn: 'x' }), tokenOf({ oid: 7 })])(
    'names nobody by %j',
    (token) => {
      expect(actorOfToken(token, 'al@laptop')).toBeUndefined()
    },
  )
})

describe('findActor()', () => {
  const standIn = (token: string) => ({ endpoint: 'https://127.0.0.1/a', standIn: { caFile: 'none', token } })
  const found = (tables: Parameters<typeof findActor>[0]['tables']) =>
    findActor({ service: { url: 'http://127.0.0.1:9' }, tables, keys: { folder: 'keys' } }, 'al@laptop')

  it('tells whose token the tables are opened with, and else who runs the command', async () => {
    expect(await found(standIn(tokenOf({ oid, tid, appid, upn: 'alice@contoso.example' })))).toMatchObject({
      kind: 'entra',
      name: 'alice@contoso.example',
    })
    const local = { kind: 'local', name: 'al@laptop' }
    expect(await found(standIn('opaque'))).toEqual(local)
    expect(await found({ connectionString: 'UseDevelopmentStorage=true' })).toEqual(local)
  })
})
