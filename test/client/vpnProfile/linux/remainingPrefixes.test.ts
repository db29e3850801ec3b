import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { remainingPrefixes } from '../../../../client/vpnProfile/linux/remainingPrefixes.ts'
import { containsPrefix, type IpPrefix, prefixOf } from '../../../../lib/text/ipPrefix.ts'

const words = (length: 1 | 4) =>
  fc.array(fc.integer({ min: 0, max: 0xff_ff_ff_ff }), { minLength: length, maxLength: length })

const prefix: fc.Arbitrary<IpPrefix> = fc.oneof(
  fc.record({ address: words(1), bits: fc.integer({ min: 0, max: 32 }) }),
  fc.record({ address: words(4), bits: fc.integer({ min: 0, max: 128 }) }),
)

it('remainingPrefixes() holds an address where the narrowest network that has it is left in, and none twice', () => {
  const all = ['0.0.0.0/0', '::/0'].flatMap((cidr) => prefixOf(cidr) ?? [])
  fc.assert(
    fc.property(
      fc.array(prefix, { maxLength: 4 }),
      fc.array(prefix, { maxLength: 4 }),
      fc.array(prefix),
      (given, without, probes) => {
        const within = [...given, ...(given.length % 2 === 0 ? all : [])]
        const left = remainingPrefixes(within, without)
        const addresses = [...probes, ...without, ...given].map(({ address }) => ({
          address,
          bits: 32 * address.length,
        }))
        for (const address of addresses) {
          const holding = (prefixes: readonly IpPrefix[]) =>
            prefixes.filter((one) => containsPrefix(one, address)).map(({ bits }) => bits)
          const isIn = Math.max(-1, ...holding(within)) > Math.max(-1, ...holding(without))
          expect(holding(left)).toHaveLength(isIn ? 1 : 0)
        }
      },
    ),
  )
})
