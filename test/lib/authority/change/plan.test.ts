import { describe, expect, it } from 'vitest'
import type { Authority } from '../../../../lib/authority/authority.ts'
import {
  type Generation,
  type GenerationState,
  offlineKeyReference,
} from '../../../../lib/authority/generation.ts'
import {
  type Circumstances,
  findGeneration,
  type Plan,
  planActivate,
  planDeactivate,
  planRetire,
  planTaint,
} from '../../../../lib/authority/change/plan.ts'
import { activationTime, lagging, lastLeafEnd } from '../../../../lib/authority/adopt/waits.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { clientAuthOid, extensionOid, extKeyUsage } from '../../../../lib/x509/extension.ts'
import { projectFile } from '../../../pages.ts'
import { testTime } from '../../../world.ts'
import {
  applyPlan,
  authorityOf,
  circumstancesOf,
  daysAway,
  endingAt,
  generationIn,
  generationOf,
} from '../generations.ts'

const plans = {
  activate: planActivate,
  deactivate: planDeactivate,
  retire: planRetire,
  taint: planTaint,
}

const second = 1_000
const afterSeconds = (time: Date, seconds: number) => new Date(time.getTime() + seconds * second)

/** What a plan comes to, in words. */
const outcomeOf = (plan: () => Plan): string => {
  try {
    const { changes, breaks } = plan()
    const moves = changes.map(({ id, from, to }) => `${id}: ${from} > ${to}`).join(', ')
    return [moves || 'nothing', ...breaks.map((harm) => `breaks: ${harm}`)].join('; ')
  } catch (error) {
    if (error instanceof Refusal && error.code === 'transition-refused') return error.detail
    throw error
  }
}

const planFor = (
  action: keyof typeof plans,
  authority: Authority,
  id: string,
  circumstances = circumstancesOf(),
): string => outcomeOf(() => plans[action](authority, generationIn(authority, id), circumstances))

/** Another root and issuer at work, so that the subject is neither the last nor the only one. */
const besides = (kind: Generation['kind'], state: GenerationState): readonly Generation[] => [
  generationOf('root~0001', kind === 'root' && state === 'active' ? 'retiring' : 'active'),
  generationOf('issuer~0001', 'active'),
]

/** The whole state machine: for each kind and state, what each action comes to. */
const machine = `
root staged     activate   root~0002: staged > active, root~0001: active > retiring
root staged     deactivate Cannot deactivate root~0002: it is staged.
root staged     retire     root~0002: staged > retired
root staged     taint      root~0002: staged > tainted
root active     activate   nothing
root active     deactivate root~0002: active > retiring; breaks: no root stays active: none is left to sign issuers (activating another root retires root~0002)
root active     retire     Cannot retire root~0002: it is active: deactivate it first.
root active     taint      root~0002: active > tainted
root retiring   activate   root~0002: retiring > active, root~0001: active > retiring
root retiring   deactivate nothing
root retiring   retire     root~0002: retiring > retired
root retiring   taint      root~0002: retiring > tainted
root retired    activate   Cannot activate root~0002: it is retired.
root retired    deactivate Cannot deactivate root~0002: it is retired.
root retired    retire     nothing
root retired    taint      root~0002: retired > tainted
root tainted    activate   Cannot activate root~0002: it is tainted.
root tainted    deactivate Cannot deactivate root~0002: it is tainted.
root tainted    retire     Cannot retire root~0002: it is tainted and so out of the bundle.
root tainted    taint      nothing
issuer staged   activate   issuer~0002: staged > active
issuer staged   deactivate Cannot deactivate issuer~0002: it is staged.
issuer staged   retire     issuer~0002: staged > retired
issuer staged   taint      issuer~0002: staged > tainted
issuer active   activate   nothing
issuer active   deactivate issuer~0002: active > retiring
issuer active   retire     Cannot retire issuer~0002: it is active: deactivate it first.
issuer active   taint      issuer~0002: active > tainted
issuer retiring activate   issuer~0002: retiring > active
issuer retiring deactivate nothing
issuer retiring retire     issuer~0002: retiring > retired
issuer retiring taint      issuer~0002: retiring > tainted
issuer retired  activate   Cannot activate issuer~0002: it is retired.
issuer retired  deactivate Cannot deactivate issuer~0002: it is retired.
issuer retired  retire     nothing
issuer retired  taint      issuer~0002: retired > tainted
issuer tainted  activate   Cannot activate issuer~0002: it is tainted.
issuer tainted  deactivate Cannot deactivate issuer~0002: it is tainted.
issuer tainted  retire     Cannot retire issuer~0002: it is tainted and so out of the bundle.
issuer tainted  taint      nothing
`

describe('the state machine', () => {
  type Case = [Generation['kind'], GenerationState, keyof typeof plans, string]
  const cases = [...machine.matchAll(/^(\w+) (\w+) +(\w+) +(.+)$/gm)].map((row) => row.slice(1) as Case)

  it.each(cases)('%s %s: %s', (kind, state, action, outcome) => {
    const subject = `${kind}~0002`
    const authority = authorityOf([...besides(kind, state), generationOf(subject, state)])
    expect(planFor(action, authority, subject)).toBe(outcome)
  })

  it('is told whole: five states of two kinds', () => {
    expect(cases).toHaveLength(40)
    expect(new Set(cases.map(([kind, state]) => `${kind} ${state}`)).size).toBe(10)
  })

  it('is what docs/architecture.md draws, and docs/operations.md lists', () => {
    const moves = cases.flatMap(([, , , outcome]) =>
      [...outcome.matchAll(/: (\w+) > (\w+)/g)].map(([, from = '', to = '']) => `${from} ${to}`),
    )
    const [, diagram = ''] = /stateDiagram-v2\n([^`]*)`/.exec(projectFile('docs/architecture.md')) ?? []
    const drawn = [...diagram.matchAll(/^ +(\w+) --> (\w+): /gm)].map(([, from, to]) => `${from} ${to}`)
    const [, states = ''] = projectFile('docs/operations.md').split('\n## States\n')
    const listed = [
      ...(states.split('\n## ')[0] ?? '').matchAll(/^\| (\w+) \|.*\| ([a-z, ]+) \|$/gm),
    ].flatMap(([, from = '', next = '']) => next.split(', ').map((to) => `${from} ${to}`))
    expect(new Set(drawn)).toEqual(new Set(moves))
    expect(new Set(listed.filter((move) => !/^state | none$/.test(move)))).toEqual(new Set(moves))
  })

  const done = cases.filter(([, , , outcome]) => !outcome.startsWith('Cannot'))
  it.each(done)('%s %s: %s a second time changes nothing', (kind, state, action) => {
    const subject = `${kind}~0002`
    const plan = plans[action]
    const authority = authorityOf([...besides(kind, state), generationOf(subject, state)])
    const first = plan(authority, generationIn(authority, subject), circumstancesOf())
    const after = applyPlan(authority, first)
    expect(plan(after, generationIn(after, subject), circumstancesOf())).toMatchObject({
      changes: [],
      breaks: [],
    })
  })
})

describe('planActivate() waits', () => {
  const staged = (kind: Generation['kind']) =>
    generationOf(`${kind}~0002`, 'staged', { publishedSequence: 4, publishedAt: daysAway(-7) })
  const authority = (kind: Generation['kind']) => authorityOf([...besides(kind, 'staged'), staged(kind)])
  const activate = (kind: Generation['kind'], circumstances: Circumstances) =>
    planFor('activate', authority(kind), `${kind}~0002`, circumstances)

  it.each(['root', 'issuer'] as const)('for the publication window of a %s, to the millisecond', (kind) => {
    expect(activate(kind, circumstancesOf(testTime))).not.toMatch(/breaks/)
    expect(activate(kind, circumstancesOf(new Date(testTime.getTime() - 1)))).toMatch(
      `breaks: the publication window of ${kind}~0002 ends at 2026-03-02T10:00:00Z`,
    )
  })

  it.each(['root', 'issuer'] as const)('for every relying party to install a %s', (kind) => {
    const ready = circumstancesOf(testTime, { a: 4, b: 5 })
    expect(activate(kind, ready)).not.toMatch(/breaks/)
    const lag = circumstancesOf(testTime, { a: 3, b: 5, c: 0 })
    expect(activate(kind, lag)).toMatch(
      `breaks: a has not installed bundle 4, the first with ${kind}~0002; breaks: c has not installed bundle 4`,
    )
    expect(activate(kind, lag)).not.toMatch(/breaks: b/)
  })

  it('tells the window and who lags at once', () => {
    const early = circumstancesOf(daysAway(-1), { a: 3 })
    expect(activate('root', early).match(/breaks/g)).toHaveLength(2)
  })

  it('also to go back to a root that a new relying party never had', () => {
    const back = authorityOf([generationOf('root~0001', 'retiring'), generationOf('root~0002', 'active')])
    expect(planFor('activate', back, 'root~0001', circumstancesOf(testTime, { a: 0 }))).toMatch(
      /breaks: a has not/,
    )
  })

  it.each(['root', 'issuer'] as const)('never for a %s that ended', (kind) => {
    const ended = endingAt(staged(kind), testTime)
    const of = authorityOf([...besides(kind, 'staged'), ended])
    expect(planFor('activate', of, ended.id)).toBe(
      `Cannot activate ${ended.id}: it ended at 2026-03-02T10:00:00Z.`,
    )
    const lasting = endingAt(staged(kind), afterSeconds(testTime, 1))
    expect(planFor('activate', authorityOf([...besides(kind, 'staged'), lasting]), ended.id)).not.toMatch(
      /ended/,
    )
  })
})

describe('planActivate() of an issuer that has just begun', () => {
  const begins = new Date('2026-03-02T09:55:00Z')
  const young = generationOf('issuer~0002', 'staged')
  const authority = authorityOf([
    generationOf('root~0001', 'active'),
    { ...young, tbs: { ...young.tbs, notBefore: begins } },
  ])
  const activate = (changes: Partial<Circumstances>) =>
    planFor('activate', authority, 'issuer~0002', { ...circumstancesOf(), ...changes })

  it('waits until a certificate can begin no earlier, to the second', () => {
    expect(activate({})).toBe('issuer~0002: staged > active')
    expect(activate({ now: afterSeconds(testTime, -1) })).toContain(
      'breaks: certificates begin 300 s before they are issued: issuer~0002 signs none until 2026-03-02T10:00:00Z',
    )
    expect(activate({ backdateSeconds: 301 })).toContain('until 2026-03-02T10:00:01Z')
  })
})

describe('planActivate() of an issuer wants its root at work:', () => {
  it.each([
    ['staged', /its root root~0002 is staged: activate that first/],
    ['active', /^issuer~0002: staged > active$/],
    ['retiring', /^issuer~0002: staged > active$/],
    ['retired', /its root root~0002 is retired/],
    ['tainted', /its root root~0002 is tainted/],
  ] as const)('%s', (state, outcome) => {
    const authority = authorityOf([
      ...besides('root', state),
      generationOf('root~0002', state),
      generationOf('issuer~0002', 'staged', { signedBy: 'root~0002' }),
    ])
    expect(planFor('activate', authority, 'issuer~0002')).toMatch(outcome)
  })

  it('takes a root that is missing for a defect', () => {
    const orphan = authorityOf([generationOf('issuer~0002', 'staged')])
    expect(() => planFor('activate', orphan, 'issuer~0002')).toThrow('root~0001 of issuer~0002 is missing')
  })
})

/** An active issuer that is constrained to this marker. */
const forMarker = (id: string, markerOid: string): Generation => {
  const issuer = generationOf(id, 'active')
  const extensions = issuer.tbs.extensions.map((each) =>
    each.oid === extensionOid.extKeyUsage ? extKeyUsage([clientAuthOid, markerOid]) : each,
  )
  return { ...issuer, tbs: { ...issuer.tbs, extensions } }
}

describe('planDeactivate() and planTaint() tell that nobody would be served', () => {
  const answer = 'every enrollment will be answered with 503'
  const silence = `breaks: no issuer stays active: ${answer}`
  const tooShort = `breaks: no issuer that stays active is valid for as long as a certificate and may sign for 1.3.6.1.4.1.311.87: ${answer}`
  const only = authorityOf([
    generationOf('root~0001', 'active'),
    generationOf('root~0002', 'staged'),
    generationOf('issuer~0001', 'active'),
    generationOf('issuer~0002', 'staged'),
  ])

  it.each(['deactivate', 'taint'] as const)('when the last active issuer goes: %s', (action) => {
    expect(planFor(action, only, 'issuer~0001')).toContain(silence)
    expect(planFor(action === 'taint' ? 'taint' : 'retire', only, 'issuer~0002')).not.toContain(silence)
  })

  /** The last second of a certificate that is issued now: it lives an hour, and its last second is the one before. */
  const leafEnd = new Date('2026-03-02T10:59:59Z')
  const besideIssuerUntil = (notAfter: Date) =>
    authorityOf([...only.generations, endingAt(generationOf('issuer~0003', 'active'), notAfter)])

  it.each(['deactivate', 'taint'] as const)('when the other active issuer has ended: %s', (action) => {
    expect(planFor(action, besideIssuerUntil(testTime), 'issuer~0001')).toContain(tooShort)
  })

  it.each(['deactivate', 'taint'] as const)(
    'when the other active issuer ends before a certificate would, to the second: %s',
    (action) => {
      const short = besideIssuerUntil(afterSeconds(leafEnd, -1))
      expect(planFor(action, short, 'issuer~0001')).toContain(tooShort)
      expect(planFor(action, besideIssuerUntil(leafEnd), 'issuer~0001')).not.toContain('breaks')
      const shorterLeaves = { ...circumstancesOf(), leafLifetimeSeconds: 3599 }
      expect(planFor(action, short, 'issuer~0001', shorterLeaves)).not.toContain('breaks')
    },
  )

  it.each(['deactivate', 'taint'] as const)(
    'when the other active issuer began after a certificate would, to the second: %s',
    (action) => {
      const besideIssuerFrom = (notBefore: Date) => {
        const other = generationOf('issuer~0003', 'active')
        return authorityOf([...only.generations, { ...other, tbs: { ...other.tbs, notBefore } }])
      }
      const leafBegin = new Date('2026-03-02T09:55:00Z')
      expect(planFor(action, besideIssuerFrom(afterSeconds(leafBegin, 1)), 'issuer~0001')).toContain(tooShort)
      expect(planFor(action, besideIssuerFrom(leafBegin), 'issuer~0001')).not.toContain('breaks')
    },
  )

  it('when the active issuers are for another marker', () => {
    const two = besideIssuerUntil(leafEnd)
    const other = { ...circumstancesOf(), markerOid: '2.999.87' }
    expect(planFor('deactivate', two, 'issuer~0001', other)).not.toContain('breaks')
    const mixed = authorityOf([...only.generations, forMarker('issuer~0003', '2.999.87')])
    expect(planFor('deactivate', mixed, 'issuer~0003', circumstancesOf())).not.toContain('breaks')
    expect(planFor('deactivate', mixed, 'issuer~0001', circumstancesOf())).toContain(tooShort)
    expect(planFor('deactivate', mixed, 'issuer~0003', other)).toContain('may sign for 2.999.87')
  })

  it('when the root of the last active issuer is tainted', () => {
    expect(planFor('taint', only, 'root~0001')).toContain(silence)
    expect(planFor('taint', only, 'root~0002')).toBe('root~0002: staged > tainted')
  })

  it('not when nobody was served before', () => {
    const silent = authorityOf(only.generations.filter(({ id }) => id !== 'issuer~0001'))
    expect(planFor('taint', silent, 'issuer~0002')).toBe('issuer~0002: staged > tainted')
    const short = endingAt(generationOf('issuer~0001', 'active'), afterSeconds(leafEnd, -1))
    const tooLate = authorityOf([...silent.generations, short])
    expect(planFor('deactivate', tooLate, 'issuer~0001')).toBe('issuer~0001: active > retiring')
    expect(planFor('taint', tooLate, 'issuer~0002')).toBe('issuer~0002: staged > tainted')
  })
})

describe('planTaint() of a root', () => {
  it('drags along what is beneath it in the bundle, and nothing else', () => {
    const states = ['staged', 'active', 'retiring', 'retired', 'tainted'] as const
    const beneath = states.map((state, index) =>
      generationOf(`issuer~000${index + 2}`, state, { signedBy: 'root~0002' }),
    )
    const authority = authorityOf([
      generationOf('root~0001', 'active'),
      generationOf('issuer~0001', 'active'),
      generationOf('root~0002', 'retiring'),
      ...beneath,
    ])
    expect(planFor('taint', authority, 'root~0002')).toBe(
      'root~0002: retiring > tainted, issuer~0002: staged > tainted, issuer~0003: active > tainted, ' +
        'issuer~0004: retiring > tainted',
    )
  })
})

describe('the last root of the bundle', () => {
  const others = ['retired', 'tainted'] as const
  const last = (state: GenerationState) =>
    authorityOf([
      generationOf('root~0001', state),
      ...others.map((other, index) => generationOf(`root~000${index + 2}`, other)),
    ])

  it.each(['staged', 'retiring'] as const)('cannot be retired: %s', (state) => {
    expect(planFor('retire', last(state), 'root~0001')).toMatch(
      /no root would be left that can sign the bundle, valid and with its key online: stage another first/,
    )
  })

  it.each(['staged', 'active', 'retiring'] as const)('cannot be tainted: %s', (state) => {
    expect(planFor('taint', last(state), 'root~0001')).toMatch(
      /no root would be left that can sign the bundle, valid and with its key online: stage another first/,
    )
  })

  it('does not keep a root that left the bundle from being tainted', () => {
    expect(planFor('taint', last('active'), 'root~0002')).toBe('root~0002: retired > tainted')
  })

  it('does not keep an issuer in it', () => {
    const authority = authorityOf([...last('active').generations, generationOf('issuer~0001', 'retiring')])
    expect(planFor('taint', authority, 'issuer~0001')).toBe('issuer~0001: retiring > tainted')
  })
})

describe('a plan leaves a root that can sign the bundle', () => {
  const beside = (other: Generation) =>
    authorityOf([
      generationOf('root~0001', 'retiring'),
      other,
      generationOf('issuer~0001', 'active', { signedBy: other.id }),
      generationOf('issuer~0002', 'retiring', { signedBy: other.id }),
    ])
  const offline = generationOf('root~0002', 'active', { keyReference: offlineKeyReference })
  const ended = endingAt(generationOf('root~0002', 'active'), testTime)
  const why = /no root would be left that can sign the bundle/

  it.each([
    ['offline', offline],
    ['at its end', ended],
  ])('that is none whose key or life is %s', (_, other) => {
    for (const action of ['retire', 'taint'] as const)
      expect(planFor(action, beside(other), 'root~0001')).toMatch(why)
    const good = generationOf('root~0002', 'active')
    expect(planFor('retire', beside(good), 'root~0001')).toBe('root~0001: retiring > retired')
  })

  it('and no change of another generation is promised either where none is left', () => {
    const authority = authorityOf(beside(offline).generations.slice(1))
    for (const [action, id] of [
      ['activate', 'issuer~0002'],
      ['deactivate', 'issuer~0001'],
      ['deactivate', 'root~0002'],
      ['retire', 'issuer~0002'],
      ['taint', 'issuer~0002'],
    ] as const)
      expect(planFor(action, authority, id)).toMatch(why)
    expect(planFor('activate', authority, 'issuer~0001')).toBe('nothing')
  })

  it('or puts one to work', () => {
    const authority = authorityOf([endingAt(generationOf('root~0001', 'active'), testTime), offline])
    expect(planFor('activate', authority, 'root~0002')).toBe('nothing')
    const retiring = authorityOf([{ ...offline, state: 'retiring' }])
    expect(planFor('activate', retiring, 'root~0002')).toMatch(why)
  })
})

describe('planRetire() of an issuer waits for the last certificate beneath', () => {
  /** 24 h, the longest leaf, and 10 min, the oldest cached authority. */
  const wait = (24 * 60 + 10) * 60
  const stopped = generationOf('issuer~0002', 'retiring', { changedAt: testTime })
  const retireAt = (issuer: Generation, now: Date) =>
    planFor(
      'retire',
      authorityOf([...besides('issuer', 'retiring'), issuer]),
      'issuer~0002',
      circumstancesOf(now),
    )

  it('by 24 h 10 min, to the second', () => {
    expect(lastLeafEnd(stopped)).toEqual(afterSeconds(testTime, wait))
    expect(retireAt(stopped, afterSeconds(testTime, wait - 1))).toBe(
      'issuer~0002: retiring > retired; breaks: certificates that issuer~0002 issued may be valid until 2026-03-03T10:10:00Z',
    )
    expect(retireAt(stopped, afterSeconds(testTime, wait))).toBe('issuer~0002: retiring > retired')
  })

  it('or until the issuer itself has ended', () => {
    const ending = endingAt(stopped, afterSeconds(testTime, 3600))
    expect(lastLeafEnd(ending)).toEqual(afterSeconds(testTime, 3600))
    expect(retireAt(ending, afterSeconds(testTime, 3600))).toBe('issuer~0002: retiring > retired')
  })

  it('not at all for one that never signed', () => {
    const staged = generationOf('issuer~0002', 'staged', { changedAt: testTime })
    expect(lastLeafEnd(staged)).toEqual(testTime)
    expect(retireAt(staged, testTime)).toBe('issuer~0002: staged > retired')
  })
})

describe('planRetire() of a root', () => {
  const with1 = (...beneath: readonly Generation[]) =>
    authorityOf([
      generationOf('root~0001', 'retiring'),
      generationOf('root~0002', 'active', { publishedSequence: 3, publishedAt: daysAway(-8) }),
      ...beneath,
    ])

  it.each(['staged', 'active', 'retiring'] as const)('wants an issuer beneath retired first: %s', (state) => {
    const authority = with1(generationOf('issuer~0001', state), generationOf('issuer~0002', 'retired'))
    expect(planFor('retire', authority, 'root~0001')).toBe(
      'Cannot retire root~0001: issuer~0001 beneath it must be retired first.',
    )
  })

  it('does not mind issuers that are out of the bundle, or beneath the other root', () => {
    const authority = with1(
      generationOf('issuer~0001', 'retired'),
      generationOf('issuer~0002', 'tainted'),
      generationOf('issuer~0003', 'active', { signedBy: 'root~0002' }),
    )
    expect(planFor('retire', authority, 'root~0001')).toBe('root~0001: retiring > retired')
  })

  it('tells who does not hold its successor, on whom it depends alone from now on', () => {
    expect(planFor('retire', with1(), 'root~0001', circumstancesOf(testTime, { vpn: 2 }))).toBe(
      'root~0001: retiring > retired; breaks: vpn has not installed bundle 3, the first with root~0002',
    )
    expect(planFor('retire', with1(), 'root~0001', circumstancesOf(daysAway(-2)))).toMatch(
      /breaks: the publication window of root~0002/,
    )
  })
})

describe('activationTime() and lagging()', () => {
  it('count from the publication', () => {
    const generation = generationOf('root~0002', 'staged', { publishedAt: daysAway(0), publishedSequence: 9 })
    expect(activationTime(generation, { publicationWindowSeconds: 60 })).toEqual(afterSeconds(testTime, 60))
    const { relyingParties } = circumstancesOf(testTime, { a: 8, b: 9, c: 10 })
    const why = 'has not installed bundle 9, the first with root~0002'
    expect(lagging([generation], { relyingParties })).toEqual([{ name: 'a', sequence: 9, why }])
    const doubted = [{ name: 'a', installedSequence: 0, doubt: 'it told no digest' }]
    expect(lagging([generation], { relyingParties: doubted })[0]?.why).toBe(`${why} (it told no digest)`)
  })
})

describe('whom a plan locks out', () => {
  const roots = [
    generationOf('root~0001', 'active', { publishedSequence: 1 }),
    generationOf('root~0002', 'retiring', { publishedSequence: 4 }),
  ]
  const issuers = [
    generationOf('issuer~0001', 'active', { publishedSequence: 1 }),
    generationOf('issuer~0002', 'active', { publishedSequence: 5, signedBy: 'root~0002' }),
  ]
  const authority = authorityOf([...roots, ...issuers])
  const parties = circumstancesOf(testTime, { current: 5, late: 4, old: 3 })
  const lost = 'would be locked out: it has not installed bundle 5, the first with issuer~0002'
  const blind = 'could verify no bundle any more: it has not installed bundle 4, the first with root~0002'

  it.each([
    ['taint', 'issuer~0001', [`late ${lost}`, `old ${lost}`]],
    ['deactivate', 'issuer~0001', [`late ${lost}`, `old ${lost}`]],
    ['taint', 'issuer~0002', []],
    ['taint', 'root~0001', [`late ${lost}`, `old ${lost}`, `old ${blind}`]],
    ['taint', 'root~0002', []],
  ] as const)('%s %s', (action, id, breaks) => {
    const subject = generationIn(authority, id)
    expect(plans[action](authority, subject, parties).breaks).toEqual(breaks)
  })

  it('is nobody when the generation did not sign, or was in no bundle', () => {
    const staged = generationOf('issuer~0003', 'staged', { publishedSequence: 5 })
    const retired = generationOf('root~0003', 'retired')
    const more = authorityOf([...roots, ...issuers, staged, retired])
    for (const subject of [staged, retired]) expect(planTaint(more, subject, parties).breaks).toEqual([])
  })
})

describe('findGeneration()', () => {
  const authority = authorityOf([
    generationOf('root~0001', 'active'),
    generationOf('issuer~0001', 'active'),
    generationOf('issuer~0012', 'staged'),
  ])

  it.each([
    ['root~0001', 'root~0001'],
    ['root 1', 'root~0001'],
    ['root-1', 'root~0001'],
    ['root1', 'root~0001'],
    ['issuer~0012', 'issuer~0012'],
    ['issuer 12', 'issuer~0012'],
  ])('finds %s', (name, id) => {
    expect(findGeneration(authority, name).id).toBe(id)
  })

  it.each(['', 'root', 'root~0002', 'cross~0001-0002', 'Root 1', 'issuer~1x', 'issuer~12345', '1'])(
    'refuses %j and names what there is, but not what was asked for',
    (name) => {
      expect(() => findGeneration(authority, name)).toRefuse(
        'generation-unknown',
        /contoso has root~0001, issuer~0001, issuer~0012 only/,
      )
    },
  )
})
