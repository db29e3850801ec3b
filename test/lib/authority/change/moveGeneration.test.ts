import { describe, expect, it } from 'vitest'
import { readEvents } from '../../../../lib/authority/authorityEvent.ts'
import { checkConsent, moveGeneration } from '../../../../lib/authority/change/moveGeneration.ts'
import { planActivate, planDeactivate, planTaint } from '../../../../lib/authority/change/plan.ts'
import { testTime } from '../../../world.ts'
import { circumstancesOf, daysAway, generationIn } from '../generations.ts'
import { makeAuthority } from '../madeAuthority.ts'

const unforced = { force: false }
const forced = { force: true }

describe('checkConsent()', () => {
  const plan = {
    action: 'activate',
    subject: 'root~0002',
    changes: [],
    breaks: ['it is early', 'vpn lags'],
  } as const

  it('refuses what breaks something, and tells all of it', () => {
    expect(() => checkConsent(plan, { force: false })).toRefuse(
      'transition-refused',
      /^Cannot activate root~0002: it is early; vpn lags\.$/,
    )
  })

  it('accepts what is forced, and what breaks nothing', () => {
    expect(() => checkConsent(plan, { force: true })).not.toThrow()
    expect(() => checkConsent({ ...plan, breaks: [] }, { force: false })).not.toThrow()
  })
})

describe('moveGeneration()', () => {
  it('carries a plan out: states, times and history', async () => {
    await using made = await makeAuthority()
    const now = daysAway(8)
    const before = await made.read()
    const plan = planActivate(before, generationIn(before, 'root~0002'), circumstancesOf(now))
    const after = await moveGeneration(made.tenant, { plan, before, consent: unforced }, made.ceremony(now))
    expect(after.generations.map(({ id, state, changedAt }) => [id, state, changedAt])).toEqual([
      ['issuer~0001', 'active', testTime],
      ['root~0001', 'retiring', now],
      ['root~0002', 'active', now],
    ])
    expect((await readEvents(made.tables, made.tenant.tenant)).at(-1)).toMatchObject({
      action: 'activate',
      changes: ['root~0002 active', 'root~0001 retiring'],
      forced: [],
      reason: '',
    })
  })

  it('refuses an unforced plan that breaks something, and signs and writes nothing', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const plan = planDeactivate(before, generationIn(before, 'issuer~0001'), circumstancesOf())
    const move = moveGeneration(made.tenant, { plan, before, consent: unforced }, made.ceremony())
    await expect(move).toRefuse('transition-refused', /no issuer stays active/)
    expect(made.keys.signatures).toBe(0)
    expect(await made.read()).toEqual(before)
  })

  it('keeps in the history what was forced, and why', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const plan = planDeactivate(before, generationIn(before, 'issuer~0001'), circumstancesOf())
    const ceremony = { ...made.ceremony(), reason: 'a rehearsal' }
    const after = await moveGeneration(made.tenant, { plan, before, consent: forced }, ceremony)
    expect(after.issuers).toEqual([])
    expect((await readEvents(made.tables, made.tenant.tenant)).at(-1)).toMatchObject({
      changes: ['issuer~0001 retiring'],
      forced: ['no issuer stays active: every enrollment will be answered with 503'],
      reason: 'a rehearsal',
    })
  })

  it('does nothing a second time', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const plan = planActivate(before, generationIn(before, 'root~0001'), circumstancesOf())
    expect(await moveGeneration(made.tenant, { plan, before, consent: unforced }, made.ceremony())).toBe(
      before,
    )
    expect(made.tables.calls.filter(({ method }) => method === 'transact')).toEqual([])
    expect((await made.read()).bundle.sequence).toBe(1)
  })

  it('takes a tainted root, what is beneath it and its cross certificates out of the bundle at once', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const plan = planTaint(before, generationIn(before, 'root~0001'), circumstancesOf())
    const after = await moveGeneration(made.tenant, { plan, before, consent: forced }, made.ceremony())
    const json = JSON.parse(Buffer.from(after.bundle.encodings['trust.json']).toString()) as unknown
    expect(json).toMatchObject({ roots: [{ id: 'root~0002' }], issuers: [], crossCertificates: [] })
    expect(after.crossCertificates).toHaveLength(1)
  })
})
