import { KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import type { Tenant } from '../../../lib/tenant/tenants.ts'
import type { VerifiedToken } from '../../../lib/token/verifyToken.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import type { TestIssuer } from '../../tokens.ts'
import { octetMutationOf, spliceOf } from '../x509/fixtures/mutations.ts'
import { entra, entraTenant, generic, genericTenant, verify } from './verifying.ts'

const base64url = (octets: Uint8Array) => Buffer.from(octets).toString('base64url')
const octetsOf = (segment = '') => Uint8Array.from(Buffer.from(segment, 'base64url'))

/** Signs any header and any payload, which need not be JSON, with the key of the issuer. */
const signed = ({ key }: TestIssuer, header: Uint8Array, payload: Uint8Array): string => {
  const input = `${base64url(header)}.${base64url(payload)}`
  const privateKey = KeyObject.from(key.privateKey)
  const options = key.alg === 'ES256' ? ({ dsaEncoding: 'ieee-p1363' } as const) : {}
  return `${input}.${base64url(sign('sha256', Buffer.from(input), { key: privateKey, ...options }))}`
}

/** The token that was verified, or the refusal; anything else that is thrown goes through. */
const outcomeOf = async (token: string, tenant: Tenant): Promise<VerifiedToken | Refusal> => {
  try {
    return await verify(token, tenant)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, '', '\0', -1, 1e308, [], {}, true, '__proto__', ['a', 'b'], { jkt: 'x' }),
)
const nested = fc.constantFrom('[', '{"a":').map((open) => Buffer.from(open.repeat(4000)))

/** JSON of an object with some members changed or removed, the octets of it mutated, or no JSON at all. */
const mutatedObject = (octets: Uint8Array, more: readonly string[]): fc.Arbitrary<Uint8Array> => {
  const object = JSON.parse(Buffer.from(octets).toString()) as Record<string, unknown>
  const names = fc.constantFrom(...Object.keys(object), ...more)
  const changed = fc
    .array(fc.tuple(names, odd), { minLength: 1, maxLength: 2 })
    .map((changes) => Buffer.from(JSON.stringify({ ...object, ...Object.fromEntries(changes) })))
  const repeated = fc
    .tuple(names, odd)
    .map(([name, value]) =>
      Buffer.from(JSON.stringify(object).replace('{', `{${JSON.stringify(name)}:${JSON.stringify(value)},`)),
    )
  const any = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    nested,
  )
  return fc.oneof(changed, changed, repeated, octetMutationOf(octets), any)
}

describe.each([
  ['generic', generic, genericTenant({}, { certificate: { includeDeviceId: true } })],
  ['entra', entra, entraTenant()],
] as const)('verifyToken() of the kind %s', (_kind, issuer, tenant) => {
  it('throws only Refusal for a compact serialization that is anything, or mutated without a new signature', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => issuer.token()))
    const octets = tokens.map((token) => Uint8Array.from(Buffer.from(token)))
    const mutated = fc.oneof(fc.constantFrom(...octets).chain(octetMutationOf), spliceOf(octets))
    const inputs = new Set(tokens.map((token) => token.slice(0, token.lastIndexOf('.'))))
    const property = fc.asyncProperty(mutated, async (bytes) => {
      const token = Buffer.from(bytes).toString('latin1')
      const outcome = await outcomeOf(token, tenant)
      // What an accepted one says was signed: only the spare bits of the signature's last character may differ.
      if (!(outcome instanceof Refusal)) expect(inputs).toContain(token.slice(0, token.lastIndexOf('.')))
    })
    await fc.assert(property, { numRuns: fuzzRuns(500) })
  })

  it('throws only Refusal when header and claims are mutated and signed again', async () => {
    const [header, claims] = (await issuer.token()).split('.').map(octetsOf)
    if (!header || !claims) return expect.fail()
    const headers = fc.oneof(
      { weight: 2, arbitrary: fc.constant(header) },
      mutatedObject(header, ['crit', 'b64', 'jwk', 'jku', 'x5c', 'enc', 'zip', 'cty']),
    )
    const payloads = fc.oneof(
      fc.constant(claims),
      mutatedObject(claims, ['nbf', 'cnf', 'onprem_sid', 'acrs', 'idtyp', 'constructor', '__proto__']),
    )
    const outcomes = new Set<string>()
    const property = fc.asyncProperty(headers, payloads, async (protectedHeader, payload) => {
      const outcome = await outcomeOf(signed(issuer, protectedHeader, payload), tenant)
      outcomes.add(outcome instanceof Refusal ? outcome.code : 'verified')
      if (outcome instanceof Refusal) return
      const { upn, expiresAt, issuer: iss, deviceId } = outcome.facts
      const said = JSON.parse(Buffer.from(payload).toString()) as { upn: string }
      expect([upn, iss]).toEqual([said.upn.toLowerCase(), issuer.url])
      expect(upn).toMatch(/^[!-~]+@contoso\.example$/)
      expect(expiresAt).toBeGreaterThan(Date.parse('2026-03-02T10:00:00Z') / 1000)
      expect(deviceId ?? '').toMatch(/^([0-9a-f-]{36})?$/)
    })
    await fc.assert(property, { numRuns: fuzzRuns(800) })
    expect([...outcomes]).toEqual(
      expect.arrayContaining([
        'verified',
        'token-malformed',
        'token-issuer-unknown',
        'token-algorithm-refused',
        'token-audience-wrong',
        'token-claim-invalid',
      ]),
    )
  })
})
