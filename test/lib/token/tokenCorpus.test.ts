import { describe, expect, it } from 'vitest'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { tenantOf } from '../../tenants.ts'
import { testNetwork } from '../../tokens.ts'
import { accepted } from '../../vectors/token/accepted.ts'
import { controls, corpus } from '../../vectors/token/corpus.ts'
import { corpusTime, makeSettings, type SettingName } from '../../vectors/token/settings.ts'
import { forge } from '../../vectors/token/tokenCase.ts'

const settings = await makeSettings()
const network = testNetwork(Object.values(settings).map(({ issuer }) => issuer))
const newKeys = () => keySets({ fetchJson: network.fetchJson, now: () => corpusTime })

const verify = (token: string, setting: SettingName) =>
  verifyToken(token, tenantOf(settings[setting].document('contoso')), { keys: newKeys(), now: corpusTime })

describe('the token corpus', () => {
  it('has every case, each under a name of its own', () => {
    const counts = Object.entries(corpus).map(([group, cases]) => [group, cases.length])
    expect(Object.fromEntries(counts)).toStrictEqual({
      algorithms: 23,
      signatures: 21,
      headers: 75,
      source: 52,
      kind: 32,
      claims: 79,
      claimsSet: 43,
      times: 59,
      upn: 90,
      encoding: 40,
    })
    expect(accepted).toHaveLength(38)
    const names = [...Object.values(corpus).flat(), ...accepted].map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it.each(Object.entries(controls))('has good tokens in the setting %s', async (name, deviation) => {
    const setting = name as SettingName
    const { facts } = await verify(await forge(deviation, settings[setting]), setting)
    expect(facts).toMatchObject({ upn: 'alice@contoso.example', issuer: settings[setting].issuer.url })
  })

  it('never makes Mayfly fetch what a token names', () => {
    expect(network.fetched.filter((url) => url.includes('attacker'))).toEqual([])
  })
})

describe.each(Object.entries(corpus))('verifyToken() refuses %s:', (_, cases) => {
  const own = cases.filter(({ refusedAfterVerification }) => refusedAfterVerification === undefined)
  const later = cases.filter(({ refusedAfterVerification }) => refusedAfterVerification)

  it.each(own)('$name', async ({ setting = 'generic', code, detail, ...deviation }) => {
    await expect(verify(await forge(deviation, settings[setting]), setting)).toRefuse(code, detail)
  })

  it.each(later)('not $name: that is for others to refuse', async ({ setting = 'generic', ...deviation }) => {
    await expect(verify(await forge(deviation, settings[setting]), setting)).resolves.toBeDefined()
  })
})

describe('verifyToken() accepts', () => {
  it.each(accepted)('$name', async ({ setting = 'generic', upn, ...deviation }) => {
    expect((await verify(await forge(deviation, settings[setting]), setting)).facts.upn).toBe(upn)
  })
})
