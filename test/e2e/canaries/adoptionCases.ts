import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { type Marks, markedHeaders } from './canaryRequests.ts'
import { canaryTenant, knownCanary } from './canaryWorld.ts'
import type { CanaryCase } from './oneRequest.ts'

/** RFC 7617 credentials. */
export const basic = (name: string, secret: string) =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`

/** What a report of an adoption is made of. */
interface Report {
  readonly authorization: string
  readonly body: string
}

/** One report of a relying party, which is good but for what is given. */
export const adoption = (
  code: RefusalCode | 'ok',
  name: string,
  changing: (marks: Marks, good: Report) => Partial<Report>,
  tenant = canaryTenant,
): CanaryCase => ({
  name: `${code}: ${name}`,
  async play({ marks, run, world, send }) {
    const [bundle] = await world.tables.list('authorities', canaryTenant, {
      only: { from: 'bundle~', before: 'bundle~~' },
    })
    const sha256 = Object.entries(bundle?.values ?? {}).find(([, value]) =>
      /^[0-9a-f]{64}$/.test(String(value)),
    )
    const secret = marks.secret('secret', knownCanary(run, 'party secret'))
    const good: Report = {
      authorization: basic(`vpn-${run}`, secret),
      body: JSON.stringify({ sha256: sha256?.[1] ?? '0'.repeat(64) }),
    }
    const { authorization, body } = { ...good, ...changing(marks, good) }
    const changes = { authorization, 'content-type': 'application/json' }
    const path = `/v1/${tenant}/adoptions?q=${marks.text('query')}`
    await send(code, { method: 'POST', path, headers: markedHeaders(marks, changes), body })
  },
})

/** Reports that are refused. */
export const adoptionCases: readonly CanaryCase[] = [
  adoption('relying-party-refused', 'a wrong secret', (marks) => ({
    authorization: basic('vpn-1', marks.text('secret tried')),
  })),
  adoption('relying-party-refused', 'an unknown party', (marks) => ({
    authorization: basic(marks.text('party'), marks.text('secret tried')),
  })),
  adoption('relying-party-refused', 'a token', (marks) => ({
    authorization: `Bearer ${marks.text('token')}`,
  })),
  adoption('bundle-unknown', 'a digest', (marks) => ({
    body: JSON.stringify({
      sha256: marks.secret(
        'digest',
        Buffer.from(marks.text('octets')).toString('hex').padEnd(64, '0').slice(0, 64),
      ),
    }),
  })),
  adoption('request-malformed', 'JSON', (marks) => ({ body: `{"sha256": "${marks.text('digest')}"` })),
]

/** One request for the drop list. */
export const drops = (
  code: RefusalCode | 'ok',
  name: string,
  authorize: (marks: Marks, secret: string, run: string) => string,
  tenant = canaryTenant,
): CanaryCase => ({
  name: `${code}: a drop list, ${name}`,
  async play({ marks, run, send }) {
    const secret = marks.secret('secret', knownCanary(run, 'party secret'))
    const path = `/v1/${tenant}/drops?q=${marks.text('query')}`
    const authorization = authorize(marks, secret, run)
    await send(code, { method: 'GET', path, headers: markedHeaders(marks, { authorization }) })
  },
})

/** Requests for drop lists, by those who may have one and by others. */
export const dropsCases: readonly CanaryCase[] = [
  drops('ok', 'by a party', (_, secret, run) => basic(`vpn-${run}`, secret)),
  drops('relying-party-refused', 'with a wrong secret', (marks) =>
    basic('vpn-1', marks.text('secret tried')),
  ),
  drops('relying-party-refused', 'by an unknown party', (marks) =>
    basic(marks.text('party'), marks.text('secret tried')),
  ),
  drops('relying-party-refused', 'with a token', (marks) => `Bearer ${marks.text('token')}`),
]
