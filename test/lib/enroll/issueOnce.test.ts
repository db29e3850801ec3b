import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
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
