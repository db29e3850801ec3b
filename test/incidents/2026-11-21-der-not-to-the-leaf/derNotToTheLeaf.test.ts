import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'

it.each([
  ['set-not-in-order.der', 'the members of a set are not in order'],
  ['enumerated-not-minimal.der', 'an integer is not minimal'],
  ['utc-time-without-seconds.der', 'a time is not in the form of DER'],
  ['generalized-time-trailing-zero.der', 'a time is not in the form of DER'],
  ['bmp-string-of-three-octets.der', 'a text ends within a character'],
])('%s is not DER: %s', (name, reason) => {
  expect(() => checkDer(readFileSync(new URL(name, import.meta.url)), 12)).toThrow(reason)
})
