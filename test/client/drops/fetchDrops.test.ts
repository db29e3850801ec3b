import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { fetchDrops, type TaggedDrops } from '../../../client/drops/fetchDrops.ts'
import { maxDropListOctets } from '../../../lib/drops/dropList.ts'
import { listen, problemReply, type Reply, serve } from '../serve.ts'
import { dropList, dropsDocument, partyAt } from './dropsWorld.ts'

const kept: TaggedDrops = { list: dropList, etag: '"seven"' }

const fetchFrom = (url: string, held?: TaggedDrops) =>
  fetchDrops({ tenant: 'contoso', relyingParty: partyAt(url), kept: held, attempts: 1 })

const fetchOf = async (reply: Reply, held?: TaggedDrops) => fetchFrom((await serve(() => reply)).url, held)

describe('fetchDrops()', () => {
  it('fetches the list with the secret, and asks for a later one by its tag', async () => {
    const service = await serve(({ headers }) =>
      headers['if-none-match'] === '"seven"'
        ? { status: 304 }
        : { headers: { etag: '"seven"' }, body: dropsDocument() },
    )
    const first = await fetchFrom(service.url)
    expect(first).toEqual({ kind: 'changed', list: dropList, etag: '"seven"' })
    expect(await fetchFrom(service.url, kept)).toEqual({ kind: 'same' })
    const basic = `Basic ${Buffer.from('vpn-1:a-secret').toString('base64')}`
    expect(service.received).toMatchObject([
      {
        method: 'GET',
        path: '/v1/contoso/drops',
        headers: { authorization: basic, accept: 'application/json' },
      },
      { headers: { 'if-none-match': '"seven"' } },
    ])
    expect(service.received[0]?.headers).not.toHaveProperty('if-none-match')
  })

  it.each([
    ['none', undefined],
    ['one that is not quoted', 'seven'],
    ['one that would end a header', '"a b"'],
  ])('keeps no tag where the answer has %s', async (_, etag) => {
    const reply = { body: dropsDocument(), headers: etag === undefined ? {} : { etag } }
    expect(await fetchOf(reply)).toEqual({ kind: 'changed', list: dropList, etag: undefined })
  })

  it('takes a list of the same sequence, whose entries may have ended, and one of a later', async () => {
    for (const sequence of [7, 8])
      expect(await fetchOf({ body: dropsDocument({ sequence, drops: [] }) }, kept)).toMatchObject({
        kind: 'changed',
        list: { sequence, drops: [] },
      })
  })

  it('names a list that is older than the one that is kept, and does not obey it', async () => {
    const older = dropsDocument({ sequence: 6, drops: [] })
    expect(await fetchOf({ body: older }, kept)).toEqual({ kind: 'older', sequence: 6 })
  })

  it.each<[string, Reply, string]>([
    [
      'a page of a portal',
      { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
      'service-not-reached',
    ],
    ['a page without a type', { body: '\n <!doctype html>' }, 'service-not-reached'],
    ['a redirect', { status: 302, headers: { location: 'https://portal.example/' } }, 'service-not-reached'],
    ['a 304 that nobody asked for', { status: 304 }, 'service-not-reached'],
    ['nothing', { body: '' }, 'service-answer-invalid'],
    ['half a list', { body: JSON.stringify(dropsDocument()).slice(0, -9) }, 'service-answer-invalid'],
    ['no list', { body: { drops: [] } }, 'service-answer-invalid'],
    ['two members of a name', { body: '{"drops":[],"drops":[]}' }, 'service-answer-invalid'],
    ['the list of another tenant', { body: dropsDocument({ tenant: 'fabrikam' }) }, 'service-answer-invalid'],
    ['a wrong secret', problemReply(401, 'relying-party-refused'), 'relying-party-refused'],
    ['a 403 of something between', { status: 403, body: 'no' }, 'service-not-reached'],
    ['too many requests', problemReply(429, 'subject-busy', { 'retry-after': '2' }), 'subject-busy'],
    ['an outage', problemReply(503, 'tables-unavailable', { 'retry-after': '5' }), 'tables-unavailable'],
    ['an outage of the host', { status: 503, body: 'down' }, 'service-unavailable'],
    ['a tenant that is gone', problemReply(404, 'tenant-unknown'), 'tenant-unknown'],
  ])('refuses %s', async (_, reply, code) => {
    await expect(fetchOf(reply)).toRefuse(code as 'fault')
  })

  it('tells how long the service asks to wait', async () => {
    const asked = fetchOf(problemReply(503, 'tables-unavailable', { 'retry-after': '5' }))
    await expect(asked).rejects.toMatchObject({ options: { retryAfterSeconds: 5 } })
  })

  it('reads no more than the largest list', async () => {
    await expect(fetchOf({ body: ' '.repeat(maxDropListOctets + 1) })).toRefuse(
      'service-unavailable',
      /more than 12582912 octets/,
    )
  })

  it.each([
    ['shorter than was said', { 'content-length': '100' }],
    ['cut short in its chunks', { 'transfer-encoding': 'chunked' }],
  ])('takes no list that is %s', async (_, headers) => {
    const port = await listen(
      createServer((_request, response) => {
        response.writeHead(200, headers).write('{"tenant":"contoso"')
        setTimeout(() => response.destroy(), 10)
      }),
    )
    await expect(fetchFrom(`http://127.0.0.1:${port}`)).toRefuse('service-unavailable')
  })

  it('sends the secret over https alone, or to this machine', async () => {
    await expect(fetchFrom('http://vpn-ca.contoso.example')).toRefuse('usage-wrong')
  })
})
