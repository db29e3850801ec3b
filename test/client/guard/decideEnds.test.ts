import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideEnds, type Grounds, type KnownIssuers } from '../../../client/guard/decideEnds.ts'
import type { Session } from '../../../client/guard/session.ts'
import { issuedAfterDenialMilliseconds } from '../../../lib/drops/dropList.ts'
import { at, certificateOf, device, dropOf, sessionOf } from './guardWorld.ts'

const grounds = (changes: Partial<Grounds> = {}): Grounds => ({
  issuers: undefined,
  drops: [],
  aheadMilliseconds: 0,
  lifetimeSeconds: 3_600,
  ...changes,
})

const issuers = (isKnown: boolean): KnownIssuers => ({ sequence: 4, signed: () => isKnown })

const kindOf = (session: Session, changes: Partial<Grounds> = {}, now = at(10)) =>
  decideEnds([session], grounds(changes), now)[0]?.kind

const objectId = 'd9b2f6c0-1f43-4f5a-9c80-6d1f5b1a2e44'
const users = [{ upn: 'ada@contoso.example', objectId }]
const margin = issuedAfterDenialMilliseconds / 1000

describe('decideEnds()', () => {
  it('ends nothing without a reason', () => {
    const sessions = [sessionOf(), sessionOf({ id: '8', certificates: [certificateOf()] })]
    expect(decideEnds(sessions, grounds({ issuers: issuers(true) }), at(10))).toEqual([])
  })

  it('ends what has outlived its certificate, which is valid through its last second', () => {
    const session = sessionOf({ certificates: [certificateOf({ notAfter: at(20) })] })
    expect(kindOf(session, {}, at(20.999))).toBeUndefined()
    expect(kindOf(session, {}, at(21))).toBe('certificate-ended')
  })

  it('goes by the certificate that ends last, where the server does not tell which it was', () => {
    const certificates = [certificateOf({ notAfter: at(20) }), certificateOf({ notAfter: at(90) })]
    expect(kindOf(sessionOf({ certificates }), {}, at(60))).toBeUndefined()
    expect(kindOf(sessionOf({ certificates }), {}, at(91))).toBe('certificate-ended')
  })

  it('ends what is older than a certificate can be, where the server tells none', () => {
    expect(kindOf(sessionOf({ since: at(0) }), {}, at(3_599))).toBeUndefined()
    expect(kindOf(sessionOf({ since: at(0) }), {}, at(3_600))).toBe('certificate-ended')
  })

  it('ends what an issuer signed that left, and not where that is not known', () => {
    const session = sessionOf({ certificates: [certificateOf()] })
    expect(kindOf(session, { issuers: issuers(false) })).toBe('issuer-left')
    expect(kindOf(session)).toBeUndefined()
    expect(kindOf(sessionOf(), { issuers: issuers(false) })).toBeUndefined()
    const one = certificateOf({ names: ['one'] })
    const known = { sequence: 4, signed: (certificate: unknown) => certificate === one }
    expect(kindOf(sessionOf({ certificates: [certificateOf(), one] }), { issuers: known })).toBeUndefined()
  })

  it.each([
    ['by the name that the server tells', sessionOf({ user: 'ADA@contoso.example' }), 'ada@contoso.example'],
    [
      'by a name in the certificate',
      sessionOf({ user: 'x', certificates: [certificateOf()] }),
      'ada@contoso.example',
    ],
    ['by the other spelling of a guest', sessionOf({ user: 'b_x.example#EXT#@c.d' }), 'b_x.example_ext_@c.d'],
  ])('ends all sessions of a user who is stopped, %s', (_, session, value) => {
    expect(kindOf(session, { drops: [dropOf({ value })] })).toBe('dropped')
    expect(kindOf(session, { drops: [dropOf({ value: `x${value}` })] })).toBeUndefined()
  })

  it('ends a session by the object id of a user whom the ledger knows', () => {
    const drops = [dropOf({ value: 'someone@else.example', users })]
    expect(kindOf(sessionOf({ user: objectId }), { drops })).toBe('dropped')
  })

  describe.each(['device', 'key'] as const)('where a %s is stopped', (kind) => {
    const value = kind === 'device' ? device : 'ab'.repeat(32)
    const drops = [dropOf({ kind, value, users })]
    const own = certificateOf(kind === 'device' ? { deviceId: device } : { keyHash: value })

    it('ends the sessions of its users that were opened with a certificate of before', () => {
      const before = certificateOf({ notBefore: at(margin - 1) })
      const after = certificateOf({ notBefore: at(margin) })
      expect(kindOf(sessionOf({ certificates: [before] }), { drops })).toBe('dropped')
      expect(kindOf(sessionOf({ certificates: [after] }), { drops })).toBeUndefined()
      expect(kindOf(sessionOf({ certificates: [after, before] }), { drops })).toBe('dropped')
    })

    it('ends those that may have been, where the server tells no certificate', () => {
      const opened = (seconds: number) => kindOf(sessionOf({ since: at(seconds) }), { drops }, at(4_000))
      expect(opened(margin + 3_599)).toBe('dropped')
      expect(opened(margin + 3_600)).toBeUndefined()
      // By a clock that is an hour ahead it seems to have been opened later.
      const ahead = { drops, aheadMilliseconds: 3_600_000 }
      expect(kindOf(sessionOf({ since: at(margin + 7_199) }), ahead, at(8_000))).toBe('dropped')
    })

    it('ends a session with it whoever the user is, and leaves those of others alone', () => {
      const drop = dropOf({ kind, value })
      expect(kindOf(sessionOf({ user: 'bob@contoso.example' }), { drops })).toBeUndefined()
      expect(kindOf(sessionOf({ certificates: [certificateOf()] }), { drops: [drop] })).toBeUndefined()
      expect(kindOf(sessionOf({ certificates: [own] }), { drops: [drop] })).toBe('dropped')
    })

    it('tells whether other sessions of the user end with it', () => {
      const facts = (session: Session) => decideEnds([session], grounds({ drops }), at(10))[0]?.facts
      expect(facts(sessionOf({ certificates: [own] }))).toMatchObject({ by: kind, value, isWide: false })
      expect(facts(sessionOf())).toMatchObject({ isWide: true })
    })
  })

  it('leaves another device of the user alone, where certificates name devices', () => {
    const drops = [dropOf({ kind: 'device', value: device, users })]
    const other = certificateOf({ deviceId: '11111111-9e5e-4c44-8a3f-3d2b9b0c7f11' })
    expect(kindOf(sessionOf({ certificates: [other] }), { drops })).toBeUndefined()
    expect(kindOf(sessionOf({ certificates: [other, certificateOf()] }), { drops })).toBe('dropped')
  })

  it('has a user who is stopped not come back, and everybody else', () => {
    const all = [dropOf({ kind: 'device', value: device, users }), dropOf()]
    const isFinal = (drops: Grounds['drops']) =>
      decideEnds([sessionOf()], grounds({ drops }), at(10))[0]?.isFinal
    expect(isFinal(all)).toBe(true)
    expect(isFinal(all.slice(0, 1))).toBe(false)
  })

  it('ends none of those whom no entry names, whatever names are made of', () => {
    const spelled = (name: string) => name.toLowerCase().replaceAll('_ext_', '#ext#')
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 255 })), fc.string({ maxLength: 255 }), (values, user) => {
        const drops = values.map((value) => dropOf({ value }))
        const isNamed = values.some((value) => spelled(value) === spelled(user))
        expect(kindOf(sessionOf({ user }), { drops })).toBe(isNamed ? 'dropped' : undefined)
      }),
    )
  })
})
