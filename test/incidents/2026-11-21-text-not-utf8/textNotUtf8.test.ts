import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { decodeSubjectAltName } from '../../../lib/x509/extension.ts'
import { decodeName } from '../../../lib/x509/encodeName.ts'

const read = (name: string) => Uint8Array.from(readFileSync(new URL(name, import.meta.url)))

it('a name and a UPN that are not UTF-8 are refused instead of read as something else', () => {
  const [name, altName] = [read('name.der'), read('subjectAltName.der')]
  expect(() => decodeName(name)).toThrow('a text is not UTF-8')
  expect(() => decodeSubjectAltName(altName)).toThrow('a text is not UTF-8')
  expect(() => checkDer(name, 12)).toThrow('a text is not UTF-8')
})
