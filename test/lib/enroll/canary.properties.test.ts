import { InvocationContext } from '@azure/functions'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificates } from '../../../functions/certificates.ts'
import { composeApp } from '../../../lib/app.ts'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { enroll } from '../../../lib/enroll/enroll.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { createWorld, type DeviceKey, makeDeviceKey, type World } from '../../world.ts'
import { requestOf } from '../http/request.ts'
import { assembleCsr, signedBy } from '../x509/fixtures/csr.ts'
import { anyPlacement, base64url, canaryText, type Parts, partsOf, tracesOf } from './fixtures/canaries.ts'

let world: World
let key: DeviceKey
beforeAll(async () => {
  world = await createWorld({ trust: { tenantClaim: { claim: 'org', value: 'red' } } })
  key = makeDeviceKey()
})
afterAll(() => world[Symbol.asyncDispose]())

const pkcs8 = () => key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const faults = ['none', 'none', 'none', 'network', 'tables', 'signer', 'defect'] as const

const tokenOf = async ({ claims, header, payload, token }: Parts): Promise<string> => {
  const changes = { claims, header, ...(payload === undefined ? {} : { payload }) }
  // The signer of the tests refuses some headers that an attacker can write: they are covered unsigned.
  return token(await world.issuer.token(changes).catch(() => `${base64url(JSON.stringify(header))}.e30.AA`))
}

const requestWith = async (parts: Parts) => {
  const { subject, attributes } = parts
  const der = parts.csr(assembleCsr({ ...signedBy(key.privateKey, 'ES256'), subject, attributes }))
  return requestOf({
    path: parts.path,
    headers: {
      authorization: `${parts.scheme} ${await tokenOf(parts)}`,
      'content-type': parts.type,
      ...parts.headers,
    },
    params: { tenant: world.tenant },
    body: parts.body(der),
  })
}

/** Lets a part go wrong, with what it was given in its message: the message of a fault is logged too. */
const breakPart = (fault: (typeof faults)[number]): void => {
  world.network.isDown = fault === 'network'
  world.keys.signInstead = fault === 'signer' ? () => Promise.reject(new Error('throttled')) : undefined
  const broken = { tables: 'failed', defect: new TypeError('a defect') } as const
  world.tables.fault = ({ table }) =>
    table.startsWith('ledger') && (fault === 'tables' || fault === 'defect') ? broken[fault] : undefined
}

/** Every error of a chain of causes, with all that printing it would show. */
const tellAll = (error: unknown): string => {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? ''
  const { message, stack, cause } = error
  const detail = error instanceof Refusal ? JSON.stringify([error.detail, error.options.challenge]) : ''
  return `${message} ${stack} ${detail} ${cause === undefined ? '' : tellAll(cause)}`
}

/** Serves a request by the function of the app: all that was answered of a refusal, thrown or logged. */
const serveOnce = async (parts: Parts) => {
  const told: string[] = []
  const context = new InvocationContext({
    functionName: 'certificates',
    invocationId: 'f9a5c1f0-0000-4000-8000-000000000001',
    logHandler: (_level, ...lines) => void told.push(lines.join(' ')),
  })
  const { tables, keys: signerSource } = world
  const now = () => world.now
  const app = composeApp({ tables, signerSource, allowLoopbackHttp: false, now, times: requestTimes() })
  const handler = certificates({
    ...app,
    // The world's own fetch the keys of a token issuer that no network has.
    enroll: (enrollment, served) => enroll(enrollment, world.services, served),
    serve: (endpoint) =>
      app.serve(async (...asked) => {
        try {
          return await endpoint(...asked)
        } catch (error) {
          told.push(tellAll(error))
          throw error
        }
      }),
  })
  const answer = await handler(await requestWith(parts), context)
  return { told: [...told, JSON.stringify(answer)].join('\n'), body: JSON.stringify(answer?.body) }
}

describe('No answer, error or log line repeats', () => {
  it('what a token, a CSR or a key in the place of one says, wherever it stands and whatever goes wrong', async () => {
    const codes = new Set<string>()
    const placements = fc.array(anyPlacement(pkcs8), { minLength: 1, maxLength: 2 })
    const secretLines = pkcs8().split('\n').slice(1, 3)
    const property = fc.asyncProperty(
      canaryText,
      placements,
      fc.constantFrom(...faults),
      async (canary, places, fault) => {
        breakPart(fault)
        const { told, body } = await serveOnce(partsOf(places, canary))
        codes.add(/urn:mayfly:problem:([a-z-]+)/.exec(body)?.[1] ?? 'ok')
        for (const trace of [...tracesOf(canary), ...secretLines])
          expect(told.toLowerCase()).not.toContain(trace.toLowerCase())
      },
    )
    await fc.assert(property, { numRuns: fuzzRuns(600) })
    expect(codes.size).toBeGreaterThan(15)
    expect([...codes]).toEqual(expect.arrayContaining(['ok', 'fault', 'csr-malformed', 'token-malformed']))
  })
})
