import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { negotiate } from '../../../lib/http/negotiate.ts'
import { readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { makeDeviceKey } from '../../world.ts'
import { anyOctets } from '../x509/fixtures/arbitraries.ts'
import { octetMutationOf, spliceOf } from '../x509/fixtures/mutations.ts'
import { requestOf } from './request.ts'

const der = Uint8Array.from(makeDeviceKey().csr())
const pem = encodePem('CERTIFICATE REQUEST', der)
const base64 = Buffer.from(der).toString('base64')
const bodies = [
  der,
  Buffer.from(pem),
  Buffer.from(base64),
  Buffer.from(JSON.stringify({ csr: pem })),
  Buffer.from(JSON.stringify({ csr: base64, posture: 'a.b.c', attestation: 'd.e.f' })),
].map((body) => Uint8Array.from(body))

const body = fc.oneof(
  fc.constantFrom(...bodies),
  fc.constantFrom(...bodies).chain(octetMutationOf),
  spliceOf(bodies),
  anyOctets(200),
  fc.json().map((text) => Buffer.from(text)),
  fc.jsonValue().map((csr) => Buffer.from(JSON.stringify({ csr }))),
  fc.constantFrom('[', '{"csr":', '"').map((open) => Buffer.from(open.repeat(9000))),
)

/** Any value that a header of a request can have once the host has read it. */
const anyValue = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)) })
const legal = anyValue.map((text) => text.replaceAll('\x7f', ''))
const mutatedValue = (...values: readonly string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...values) },
    fc
      .constantFrom(...values)
      .chain((value) => octetMutationOf(Buffer.from(value)))
      .map((bytes) =>
        Buffer.from(bytes)
          .toString('latin1')
          .replaceAll(/[^\x20-\x7e\x80-\xff]/g, ''),
      ),
    legal,
  )

const headers = fc.record(
  {
    authorization: mutatedValue('Bearer a.b.c', 'Bearer a,Bearer b', 'Basic YTpi'),
    'content-type': mutatedValue(
      'application/pkcs10',
      'application/json; charset=utf-8',
      'text/plain',
      'application/x-pem-file',
    ),
    'content-length': fc.option(mutatedValue('10', '1e9', '-1', 'NaN', '0x10'), { nil: '5' }),
    'content-encoding': mutatedValue('identity', '', 'gzip'),
    accept: mutatedValue('application/json;q=0.5, */*', 'application/pem-certificate-chain', '*/*;q="1\\"'),
  },
  { requiredKeys: ['authorization', 'content-type'] },
)

describe('readEnrollment()', () => {
  it('throws only Refusal, whatever headers and body are; what it reads, the parsers of it refuse or accept', async () => {
    const outcomes = new Set<string>()
    const property = fc.asyncProperty(headers, body, async (fields, octets) => {
      try {
        const request = requestOf({ headers: fields, params: { tenant: 'contoso' }, body: octets })
        negotiate(request, ['application/json', 'application/pem-certificate-chain'])
        const { token, readBody } = readEnrollment(request)
        expect(token).toMatch(/^[^\s,]+$/)
        verifyCsr(decodeCsr((await readBody()).csr))
        outcomes.add('verified')
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        outcomes.add(error.code)
      }
    })
    await fc.assert(property, { numRuns: fuzzRuns(1500) })
    expect([...outcomes]).toEqual(
      expect.arrayContaining([
        'verified',
        'token-missing',
        'authorization-ambiguous',
        'media-type-unsupported',
        'body-too-large',
        'request-malformed',
        'not-acceptable',
        'csr-malformed',
      ]),
    )
  })
})
