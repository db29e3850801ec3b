import { HttpRequest } from '@azure/functions'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseMediaType } from '../../../lib/http/mediaType.ts'
import { negotiate } from '../../../lib/http/negotiate.ts'
import { bodyLimits } from '../../../lib/http/bodyLimits.ts'
import { maxHeaderOctets, readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { requestOf } from './request.ts'

const { maxOctets } = bodyLimits.certificates['application/json']

vi.mock('../../../lib/http/mediaType.ts', { spy: true })
afterEach(() => void vi.restoreAllMocks())

const headersWith = (more: Readonly<Record<string, string>>) => ({
  authorization: 'Bearer a.b.c',
  'content-type': 'application/json',
  ...more,
})

describe('A cheap check of the size comes first:', () => {
  const watch = () => ({
    arrayBuffer: vi.spyOn(HttpRequest.prototype, 'arrayBuffer'),
    parse: vi.spyOn(JSON, 'parse'),
  })

  const document = '{"csr":"AAAA"}'

  it('a body that declares too many octets is not taken', () => {
    const { arrayBuffer, parse } = watch()
    const headers = headersWith({ 'content-length': String(maxOctets + 1) })
    expect(() => readEnrollment(requestOf({ headers, body: document }))).toRefuse('body-too-large')
    expect(arrayBuffer).not.toHaveBeenCalled()
    expect(parse).not.toHaveBeenCalledWith(document)
  })

  it('a body that has too many octets is not parsed', async () => {
    const { parse } = watch()
    const body = JSON.stringify({ csr: 'A'.repeat(maxOctets) })
    const { readBody } = readEnrollment(requestOf({ headers: headersWith({}), body }))
    await expect(readBody()).toRefuse('body-too-large')
    expect(parse).not.toHaveBeenCalledWith(body)
  })

  it('a token that has too many characters keeps the body from being taken', () => {
    const { arrayBuffer, parse } = watch()
    const headers = headersWith({ authorization: `Bearer ${'a'.repeat(maxHeaderOctets)}` })
    expect(() => readEnrollment(requestOf({ headers, body: document }))).toRefuse('token-too-large')
    expect(arrayBuffer).not.toHaveBeenCalled()
    expect(parse).not.toHaveBeenCalledWith(document)
  })
})

describe('Parsing is bounded:', () => {
  it.each([
    [1, 1],
    [200, 1],
    [256, 0],
    [2_000, 0],
  ])('JSON of %i members and one is parsed %i times', async (members, times) => {
    const parse = vi.spyOn(JSON, 'parse')
    const numbers = Array.from({ length: members }, (_, index) => [index.toString(36), 1])
    const body = JSON.stringify({ ...Object.fromEntries(numbers), csr: 'AAAA' })
    await readEnrollment(requestOf({ headers: headersWith({}), body }))
      .readBody()
      .catch(() => undefined)
    expect(parse.mock.calls.filter(([text]) => text === body)).toHaveLength(times)
  })

  it.each([
    ['members', (n: number) => 'text/html,'.repeat(n)],
    ['empty members', (n: number) => ','.repeat(n)],
    ['parameters', (n: number) => `text/html${';a=b'.repeat(n)}`],
    ['open quotation marks', (n: number) => 'a/b;c="'.repeat(n)],
  ])('of Accept at most 32 members are looked at, whatever number of %s it has', (_what, accept) => {
    for (const n of [10, 100, 2_000]) {
      vi.mocked(parseMediaType).mockClear()
      expect(() => negotiate(requestOf({ headers: { accept: accept(n) } }), ['application/json'])).toRefuse(
        'not-acceptable',
      )
      expect(vi.mocked(parseMediaType).mock.calls.length).toBeLessThanOrEqual(32 + 1)
    }
  })
})
