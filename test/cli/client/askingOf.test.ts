import { expect, it } from 'vitest'
import { askingOf } from '../../../cli/client/askingOf.ts'

it('askingOf() shows no password of a URL, nor what is no URL', () => {
  expect(askingOf('https://ada:secret@m.example:8443/base', 'not a URL')).toMatch(
    /^asking https:\/\/m\.example:8443\S*, the service$/,
  )
  expect(askingOf('https://ada:secret@m.example')).not.toContain('secret')
})
