import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renewalWindow } from '../../../lib/enroll/issueOnce.ts'
import { createWorld, makeDeviceKey } from '../../world.ts'

describe('requests that share a signature', () => {
  it('are those of one ledger row: two users whose tokens have the same id get a certificate each', async () => {
    await using world = await createWorld()
    const [jti, key] = [randomUUID(), makeDeviceKey()]
    const enrollAs = async (name: string) => {
      const token = await world.issuer.token({
        claims: { jti, sub: name, upn: `${name}@contoso.example` },
      })
      return world.enroll({ key, token })
    }
    const both = [await enrollAs('ada'), await enrollAs('ben')]
    expect(both.map(({ created, entry }) => [created, entry.upn])).toEqual([
      [true, 'ada@contoso.example'],
      [true, 'ben@contoso.example'],
    ])
  })
})

const issuedAt = new Date('2026-03-02T10:00:00.250Z')
const notAfter = new Date('2026-03-02T10:59:59Z')

describe('renewalWindow()', () => {
  it('lies between 55 % and 80 % of the life, and is a tenth of it wide', () => {
    expect(renewalWindow(issuedAt, notAfter, 0)).toEqual({
      start: new Date('2026-03-02T10:32:59Z'),
      end: new Date('2026-03-02T10:38:59Z'),
    })
    expect(renewalWindow(issuedAt, notAfter, 1)).toEqual({
      start: new Date('2026-03-02T10:41:59Z'),
      end: new Date('2026-03-02T10:47:59Z'),
    })
  })

  it('is in whole seconds, in order and before the end, for every lifetime and chance', () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true })
    const lifetime = fc.integer({ min: 300, max: 86_400 })
    const property = fc.property(lifetime, chance, (seconds, drawn) => {
      const end = new Date(issuedAt.getTime() + seconds * 1_000)
      const window = renewalWindow(issuedAt, end, drawn)
      const [start, stop] = [window.start.getTime(), window.end.getTime()]
      return (
        start % 1_000 === 0 &&
        stop % 1_000 === 0 &&
        start > issuedAt.getTime() &&
        start < stop &&
        stop < end.getTime()
      )
    })
    expect(() => fc.assert(property)).not.toThrow()
  })
})
