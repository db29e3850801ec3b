import { type HttpHandler, InvocationContext } from '@azure/functions'
import { expect, it } from 'vitest'
import { adoptions } from '../../functions/adoptions.ts'
import { certificates } from '../../functions/certificates.ts'
import { drops } from '../../functions/drops.ts'
import { healthz } from '../../functions/healthz.ts'
import type { MakeHandler } from '../../functions/makeHandler.ts'
import { readyz } from '../../functions/readyz.ts'
import { trustCertificate } from '../../functions/trustCertificate.ts'
import { trustFile } from '../../functions/trustFile.ts'
import { composeApp } from '../../lib/app.ts'
import { requestTimes } from '../../lib/deadline/requestTimes.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { requestOf } from '../lib/http/request.ts'

const never = () => new Promise<never>(() => undefined)

/** Tables that take every call and answer none. */
const hanging = new Proxy({} as Tables, { get: () => never })

const app = composeApp({
  tables: hanging,
  signerSource: { open: never },
  allowLoopbackHttp: false,
  now: () => new Date('2026-03-02T10:00:00Z'),
  times: requestTimes(0.5),
})

const params = { tenant: 'contoso', file: `${'0'.repeat(64)}.cer` }
const json = { 'content-type': 'application/json', 'content-length': '2' }

const ask = async (make: MakeHandler, headers: Readonly<Record<string, string>> = {}) => {
  const handler: HttpHandler = make(app)
  const context = new InvocationContext({
    functionName: 'any',
    invocationId: 'one',
    logHandler: () => undefined,
  })
  const {
    status,
    headers: replied,
    body,
  } = (await handler(requestOf({ params, headers, body: '{}' }), context)) ?? {}
  return { status, headers: replied, body: JSON.parse(body as string) as unknown }
}

const basic = `Basic ${Buffer.from('vpn-1:secret').toString('base64')}`

it.each<[string, MakeHandler, Record<string, string>]>([
  ['trust.json', trustFile('trust.json', 'application/json'), {}],
  ['a certificate of the bundle', trustCertificate, {}],
  ['an adoption', adoptions, { ...json, authorization: basic }],
  ['a drop list', drops, { authorization: basic }],
  ['a certificate', certificates, { ...json, authorization: 'Bearer a.b.c' }],
])(
  '%s is answered in the time of a request while the tables hang, and it is the tables that are blamed',
  async (...[, make, headers]) => {
    const answered = await ask(make, headers)
    expect(answered).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { type: 'urn:mayfly:problem:tables-unavailable' },
    })
  },
)

it('so are those who ask whether it is ready, and those who ask whether it runs', async () => {
  expect(await ask(readyz)).toMatchObject({ status: 503, body: { ready: false, tables: 'unavailable' } })
  expect(await ask(healthz)).toMatchObject({ status: 200, body: { status: 'ok' } })
})
