import { describe, expect, it } from 'vitest'
import { canaries, canaryText, formsOf, leakCharacters } from './canarySearch.ts'

describe('the search', () => {
  const secrets = (): readonly (readonly [string, string | Uint8Array])[] => [
    ['text', canaryText('text')],
    ['octets', Buffer.from(canaryText('octets'), 'latin1').map((octet) => octet ^ 0x95)],
  ]

  it('finds a secret in every encoding, in any case and amid other text', () => {
    for (const [name, secret] of secrets()) {
      const found = canaries()
      found.add(name, secret)
      expect(formsOf(secret)).toHaveLength(11)
      for (const form of formsOf(secret))
        for (const text of [form, form.toUpperCase(), `{"detail":"no ${form}."}`])
          expect(found.findIn(text), form).toEqual([name])
    }
  })

  it('finds a UPN in every encoding, and inside of an encoded text, by its local part', () => {
    const found = canaries()
    found.add('upn', canaryText('local part'))
    for (const before of ['', 'a', 'ab', 'abc'])
      for (const form of formsOf(`${before}${canaryText('local part')}@contoso.example`))
        expect(found.findIn(form), form).toEqual(['upn'])
  })

  it('finds any twenty characters of a token', () => {
    const found = canaries()
    const token = `${canaryText('header')}.${canaryText('payload')}.${canaryText('signature')}`
    found.addText('token', token)
    for (let start = 0; start + leakCharacters <= token.length; start++) {
      const piece = token.slice(start, start + leakCharacters)
      expect(found.findIn(`"${piece}"`)).toEqual(['token'])
    }
  })

  it('finds nothing where nothing is, and takes no short secret', () => {
    const found = canaries()
    for (const [name, secret] of secrets()) found.add(name, secret)
    expect(found.findIn(formsOf(canaryText('another')).join('\n'))).toEqual([])
    expect(() => found.add('short', 'nineteen characters')).toThrow(/too short/)
  })
})
