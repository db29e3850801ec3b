import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseKeyfile, printKeyfile } from '../../../../client/vpnProfile/linux/keyfile.ts'

it('parseKeyfile() reads back every text that printKeyfile() wrote', () => {
  const unit = fc.oneof(
    fc.constantFrom(...Array.from('\\\n\r\t ;#[]="')),
    fc.string({ unit: 'grapheme', maxLength: 1 }),
  )
  const text = fc.string({ unit, maxLength: 40 }).map((one) => one.trimEnd())
  fc.assert(
    fc.property(text, text, (one, other) => {
      const printed = printKeyfile([
        ['connection', [['id', one]]],
        [
          'vpn',
          [
            ['user key', other],
            ['a', 'b'],
          ],
        ],
      ])
      const read = parseKeyfile(`# a comment\n${printed}`)
      expect([...read.keys()]).toEqual(['connection', 'vpn'])
      expect([...(read.get('connection') ?? [])]).toEqual([['id', one]])
      expect([...(read.get('vpn') ?? [])]).toEqual([
        ['user key', other],
        ['a', 'b'],
      ])
    }),
  )
})
