import { describe, expect, it } from 'vitest'
import { authorityStatus } from '../../../../lib/authority/change/authorityStatus.ts'
import type { Generation } from '../../../../lib/authority/generation.ts'
import { waitingRoot } from '../../../../lib/authority/change/stageRoot.ts'
import { testTime } from '../../../world.ts'
import { authorityOf, circumstancesOf, daysAway, endingAt, generationOf } from '../generations.ts'

const statusOf = (generations: readonly Generation[], id: string, circumstances = circumstancesOf()) => {
  const found = authorityStatus(authorityOf(generations), circumstances).find(
    ({ generation }) => generation.id === id,
  )
  if (!found) throw new Error(`There is no ${id}.`)
  return found
}

const stepOf = (...args: Parameters<typeof statusOf>) => statusOf(...args).nextStep

/** A generation that has lived this share of 90 days. */
const aged = (generation: Generation, days: number): Generation => ({
  ...generation,
  tbs: { ...generation.tbs, notBefore: daysAway(-days), notAfter: daysAway(90 - days) },
})

const root = aged(generationOf('root~0001', 'active'), 10)
const issuer = aged(generationOf('issuer~0001', 'active'), 10)

describe('authorityStatus()', () => {
  it('tells every generation in its order, with the whole days that are left', () => {
    const generations = [issuer, root, generationOf('root~0002', 'retired')]
    const status = authorityStatus(authorityOf(generations), circumstancesOf())
    expect(status.map(({ generation }) => generation)).toEqual(generations)
    expect(statusOf(generations, 'root~0001').daysLeft).toBe(80)
    expect(statusOf([endingAt(root, new Date(testTime.getTime() + 86_399_999))], 'root~0001').daysLeft).toBe(
      0,
    )
    expect(statusOf([endingAt(root, new Date(testTime.getTime() - 1))], 'root~0001').daysLeft).toBe(-1)
  })

  it('tells who lags, of what is in the bundle alone', () => {
    const parties = circumstancesOf(testTime, { a: 0, b: 3, c: 4 })
    const of = (state: Generation['state']) =>
      statusOf([generationOf('root~0002', state, { publishedSequence: 4 })], 'root~0002', parties).lagging
    for (const state of ['staged', 'active', 'retiring'] as const) expect(of(state)).toEqual(['a', 'b'])
    for (const state of ['retired', 'tainted'] as const) expect(of(state)).toEqual([])
  })
})

describe('the next step', () => {
  const staged = (kind: Generation['kind'], days: number) =>
    generationOf(`${kind}~0002`, 'staged', { publishedAt: daysAway(-days), publishedSequence: 4 })

  it.each([
    ['root', 'standby: activate to roll over'],
    ['issuer', 'activate'],
  ] as const)('of a staged %s: wait for the window, then for who lags, then %s', (kind, ready) => {
    const lag = circumstancesOf(testTime, { a: 3, b: 4, c: 0 })
    expect(stepOf([root, staged(kind, 6)], `${kind}~0002`, lag)).toBe('activate from 2026-03-03T10:00:00Z on')
    expect(stepOf([root, staged(kind, 7)], `${kind}~0002`, lag)).toBe('wait for a, c to install bundle 4')
    expect(stepOf([root, staged(kind, 7)], `${kind}~0002`)).toBe(ready)
  })

  it('of a staged issuer beneath a staged root: activate the root first, as planActivate() will say', () => {
    const standby = generationOf('root~0002', 'staged')
    const beneath = generationOf('issuer~0002', 'staged', { signedBy: 'root~0002' })
    expect(stepOf([root, standby, beneath], 'issuer~0002')).toBe('activate root~0002 first')
    const active = { ...standby, state: 'active' as const }
    expect(stepOf([root, active, beneath], 'issuer~0002')).toBe('activate')
  })

  it.each([
    ['root', 'root~0001'],
    ['issuer', 'issuer~0001'],
  ])('of an active %s: none for two thirds of its life, then the next is staged', (kind, id) => {
    const of = (days: number, ...more: readonly Generation[]) =>
      stepOf([aged(root, days), aged(issuer, days), ...more], id)
    expect(of(60)).toBe('')
    expect(of(61)).toBe(`stage-${kind}: it ends soon`)
    expect(of(95)).toBe(`stage-${kind}: it ended`)
    const successor = aged(generationOf(`${kind}~0002`, 'staged'), 1)
    expect(of(61, successor)).toBe('')
    expect(of(61, { ...successor, state: 'tainted' })).toBe(`stage-${kind}: it ends soon`)
    expect(of(61, aged(successor, 62))).toBe(`stage-${kind}: it ends soon`)
  })

  it('of a retiring issuer: wait for its last certificate, then retire', () => {
    const retiring = generationOf('issuer~0002', 'retiring', { changedAt: daysAway(-1) })
    expect(stepOf([root, retiring], 'issuer~0002')).toBe('retire from 2026-03-02T10:10:00Z on')
    expect(stepOf([root, { ...retiring, changedAt: daysAway(-2) }], 'issuer~0002')).toBe('retire')
  })

  it('of a retiring root: retire what is beneath it in the bundle, then itself', () => {
    const old = generationOf('root~0001', 'retiring')
    const gone = generationOf('issuer~0003', 'retired')
    const next = generationOf('root~0002', 'active', { publishedSequence: 4 })
    expect(stepOf([old, issuer, generationOf('issuer~0002', 'staged'), gone], 'root~0001')).toBe(
      'retire issuer~0001, issuer~0002 first',
    )
    expect(stepOf([old, next, gone], 'root~0001')).toBe('retire')
    expect(stepOf([old, gone], 'root~0001')).toMatch(/^no root would be left .* stage another first$/)
    const lag = circumstancesOf(testTime, { a: 3, b: 4 })
    expect(stepOf([old, next, gone], 'root~0001', lag)).toBe('wait for a to install bundle 4')
  })

  it('of the active root when a third of its life is left: the next, because its standby is as old', () => {
    const standby = (days: number) => aged(generationOf('root~0002', 'staged'), days)
    const of = (days: number) => stepOf([aged(root, days), standby(days)], 'root~0001')
    expect([of(60), of(61)]).toEqual(['', 'stage-root: it ends soon'])
    // And that command does not take the old standby for the next one.
    const old = authorityOf([aged(root, 61), standby(61)])
    expect(waitingRoot(old, {}, testTime)).toBeUndefined()
    expect(stepOf([aged(root, 61), standby(61), generationOf('root~0003', 'staged')], 'root~0001')).toBe('')
  })

  it('of what ended: out of the bundle, to the millisecond, what is beneath a root first', () => {
    const ended = (generation: Generation) => endingAt(generation, testTime)
    const beside = generationOf('issuer~0009', 'staged', { signedBy: 'root~0009' })
    const next = [generationOf('root~0009', 'staged'), beside]
    const of = (generation: Generation) => stepOf([...next, generation], generation.id)
    for (const kind of ['root', 'issuer'])
      for (const state of ['staged', 'retiring'] as const)
        expect(of(ended(generationOf(`${kind}~0002`, state)))).toBe('retire: it ended')
    for (const kind of ['root', 'issuer'])
      expect(of(ended(generationOf(`${kind}~0002`, 'active')))).toBe('deactivate and retire: it ended')
    const last = endingAt(generationOf('issuer~0002', 'staged'), new Date(testTime.getTime() + 1))
    expect(stepOf([root, last], 'issuer~0002')).toBe('activate')
    const beneath = [ended(generationOf('root~0001', 'staged')), generationOf('issuer~0002', 'staged')]
    expect(stepOf(beneath, 'root~0001')).toBe('retire issuer~0002 first')
  })

  it.each(['retired', 'tainted'] as const)('of what is %s: none', (state) => {
    expect(stepOf([generationOf('root~0002', state)], 'root~0002')).toBe('')
    expect(stepOf([aged(generationOf('issuer~0002', state), 89)], 'issuer~0002')).toBe('')
  })
})
