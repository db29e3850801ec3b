import type { VaultResponse } from '../../local/serveVault.ts'
import type { Fault } from '../faultyVault.ts'
import type { FaultCase } from './faultsCase.ts'

/** Of a request that a time limit ends: so long that what must reach the server first does, on any machine. */
const slowSeconds = 8

const isSign = ({ method }: { readonly method: string }): boolean => method === 'POST'

const signing =
  (fault: (answer: () => Promise<VaultResponse>) => Promise<VaultResponse | undefined>): Fault =>
  (request, answer) =>
    isSign(request) ? fault(answer) : answer()

const answers = (status: number, body: unknown = '', headers: Readonly<Record<string, string>> = {}) =>
  signing(() => Promise.resolve({ status, body, headers }))

/** Does to the first so many requests what it is told, and nothing to the others. */
const first = (count: number, fault: Fault): Fault => {
  let left = count
  return (request, answer) => (left-- > 0 ? fault(request, answer) : answer())
}

const changed = (change: (body: { kid: string; value: string }) => object): Fault =>
  signing(async (answer) => {
    const { body, ...rest } = await answer()
    return { ...rest, body: change(body as { kid: string; value: string }) }
  })

const lostByVault = signing(async (answer) => {
  await answer()
  return undefined
})

const waits = (fault: Fault): Fault =>
  signing(async (answer) => {
    if (fault === lostByVault) await answer()
    return new Promise(() => undefined)
  })

/** What goes wrong with Key Vault. */
export const vaultFaults: readonly FaultCase[] = (
  [
    ['refuses the connection', signing(() => Promise.resolve(undefined))],
    [
      'refuses the connection once',
      first(
        1,
        signing(() => Promise.resolve(undefined)),
      ),
    ],
    ['does not answer', waits(answers(200))],
    ['answers 500', answers(500)],
    ['answers 503 without Retry-After', answers(503)],
    ['answers 429 without Retry-After', answers(429)],
    ['answers 429 and Retry-After: 30', answers(429, '', { 'retry-after': '30' })],
    [
      'answers 403: the key is disabled',
      answers(403, { error: { code: 'Forbidden', message: 'Disabled.' } }),
    ],
    ['answers with a page and 200', answers(200, '<html>', { 'content-type': 'text/html' })],
    ['answers with a signature of something else', changed((body) => ({ ...body, value: 'A'.repeat(86) }))],
    [
      'signs with another version of the key',
      changed((body) => ({ ...body, kid: `${body.kid.slice(0, -4)}0000` })),
    ],
    ['signs, and the reply is lost once', first(1, lostByVault)],
    ['signs, and every reply is lost', lostByVault],
    ['signs, and the reply never comes', waits(lostByVault)],
  ] as const
).map(([what, vault]) => ({
  part: 'Key Vault',
  fault: `The vault ${what}`,
  arrange: () => undefined,
  vault,
  ...(/not answer|never comes/.test(what) ? { requestSeconds: slowSeconds } : {}),
}))
