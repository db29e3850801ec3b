import { beforeAll, describe, expect, it } from 'vitest'
import { testTables } from '../../azurite.ts'
import { changingNothing, second, withAuthority } from '../withAuthority.ts'

beforeAll(() => testTables())

/** An authority with two bundles, and a relying party without an agent. */
const withParty = async () => {
  const bench = await withAuthority()
  await bench.run('authority stage-issuer')
  await bench.run('relying-party add', '--name', 'vpn-1')
  return {
    bench,
    confirm: (...options: readonly string[]) =>
      bench.run('authority confirm', '--relying-party', 'vpn-1', ...options, { after: second }),
  }
}

describe('mayfly authority confirm', () => {
  it('records which bundle the party holds, and who told', async () => {
    const { bench, confirm } = await withParty()
    const { text, json } = await confirm('--bundle', '2')
    expect(text).toBe('vpn-1 holds bundle 2')
    expect(json).toEqual({
      tenant: bench.tenant,
      relyingParty: 'vpn-1',
      sequence: 2,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect((await bench.run('relying-party list')).json).toMatchObject({
      relyingParties: [
        {
          name: 'vpn-1',
          installedSequence: 2,
          installedAt: '2026-03-02T10:00:01.000Z',
          confirmedBy: 'local:tester@bench',
        },
      ],
    })
    expect((await confirm('--bundle', '2')).json).toEqual(json)
  })

  it('records an older bundle that is named', async () => {
    const { bench, confirm } = await withParty()
    await confirm('--bundle', '2')
    expect((await confirm('--bundle', '1')).text).toBe('vpn-1 holds bundle 1')
    expect((await bench.run('authority status')).text).toMatch(/^vpn-1 +1 \(behind\) /m)
  })

  it.each([[], ['--bundle=']])('does not guess the bundle from %j', async (...options) => {
    const { bench, confirm } = await withParty()
    await changingNothing(bench, () =>
      expect(confirm(...options)).toRefuse('usage-wrong', /--bundle is missing/),
    )
  })

  it.each(['0', '3', '-1', '1.5', '01', '1e0', ' 1', 'x'])(
    'refuses the bundle %j, which there never was',
    async (number) => {
      const { bench, confirm } = await withParty()
      await changingNothing(bench, () =>
        expect(confirm(`--bundle=${number}`)).toRefuse('usage-wrong', /--bundle must be from 1 to 2/),
      )
    },
  )

  it('refuses a party that is not listed, or not named', async () => {
    const { bench } = await withParty()
    const confirm = (...options: readonly string[]) =>
      bench.run('authority confirm', '--bundle', '1', ...options)
    await changingNothing(bench, async () => {
      await expect(confirm('--relying-party', 'vpn-2')).toRefuse('relying-party-unknown', /does not list it/)
      await expect(confirm('--relying-party', 'VPN 1')).toRefuse('usage-wrong', /use a-z, 0-9/)
      await expect(confirm()).toRefuse('usage-wrong', /--relying-party is missing/)
    })
  })
})
