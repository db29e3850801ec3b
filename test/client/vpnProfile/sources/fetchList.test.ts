import { execFileSync } from 'node:child_process'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FetchedList, listFetcher } from '../../../../client/vpnProfile/sources/fetchList.ts'
import type { ExclusionList } from '../../../../client/vpnProfile/vpnProfile.ts'
import { printPrefix } from '../../../../lib/text/ipPrefix.ts'
import { temporaryFolder } from '../../../local/temporaryFolder.ts'
import { startProxy } from '../../connectProxy.ts'
import { type Received, type Reply, serve } from '../../serve.ts'

afterEach(() => void vi.unstubAllEnvs())

const clientRequestId = '6f0f1f5c-0d3e-4b39-9d35-0f6f0a1a8a11'

const fetching = (
  list: ExclusionList,
  {
    tag = '',
    microsoft365 = 'https://nowhere.invalid/',
    signal,
  }: {
    readonly tag?: string
    readonly microsoft365?: string
    readonly signal?: AbortSignal
  } = {},
) =>
  listFetcher({ clientRequestId, microsoft365: new URL(microsoft365) })(list, {
    tag: tag === '' ? undefined : tag,
    signal: signal ?? new AbortController().signal,
  })

const networks = (got: FetchedList) => (got.kind === 'list' ? got.prefixes.map(printPrefix) : got.kind)

const listAt = (url: string): ExclusionList => ({ kind: 'url', name: url, url: new URL(url) })

const fetchFrom = async (answer: Reply, tag?: string) => {
  const { url, received } = await serve(() => answer)
  const got = await fetching(listAt(`${url}/list.txt?of=calls`), tag === undefined ? {} : { tag })
  return { got, received }
}

describe('a list at a URL', () => {
  it.each([
    [
      'a network a line',
      '# calls\r\n198.51.100.0/24 # and meetings\r\n\r\n2001:DB8::/32\r\n198.51.100.7\r\n',
    ],
    ['JSON', '["198.51.100.0/24", "2001:db8:0::/32", "198.51.100.7/32", "198.51.100.7"]'],
  ])('is read as %s, of both families, each once', async (_, body) => {
    const { got, received } = await fetchFrom({ body, headers: { etag: '"7"' } })
    expect(networks(got)).toEqual(['198.51.100.0/24', '2001:db8::/32', '198.51.100.7/32'])
    expect(got).toMatchObject({ tag: '"7"' })
    expect(received).toMatchObject([{ method: 'GET', path: '/list.txt?of=calls' }])
    expect(received[0]?.headers).not.toHaveProperty('if-none-match')
  })

  it('is asked for by what is known of it, and may be the same', async () => {
    const { got, received } = await fetchFrom({ status: 304 }, '"7"')
    expect(got).toEqual({ kind: 'same' })
    expect(received[0]?.headers).toMatchObject({ 'if-none-match': '"7"' })
  })

  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`)

  it.each<[string, Reply, RegExp]>([
    [
      'a default route',
      { body: '198.51.100.0/24\n0.0.0.0/0\n' },
      /has "0\.0\.0\.0\/0", which is all addresses/,
    ],
    ['half of IPv4', { body: '0.0.0.0/1\n' }, /too much of all addresses/],
    ['two halves of IPv6', { body: '::/1\n8000::/1\n' }, /too much of all addresses/],
    ['a sixteenth of IPv4, and one', { body: '32.0.0.0/4\n5.0.0.1\n' }, /too much of all addresses/],
    ['this machine', { body: '127.0.0.1\n' }, /has "127\.0\.0\.1", which is of this machine/],
    ['one that is mapped', { body: '::ffff:127.0.0.1\n' }, /which is of this machine/],
    ['bits behind a prefix', { body: '198.51.100.1/24\n' }, /is 198\.51\.100\.0\/24 meant/],
    ['an octal number', { body: '010.0.0.1\n' }, /is no network or address/],
    ['a zone', { body: 'fe80::1%eth0\n' }, /is no network or address/],
    ['nothing', { body: '# nobody\n' }, /has no network/],
    ['JSON of another form', { body: '{"prefixes":["198.51.100.0/24"]}' }, /is JSON, but no array of texts/],
    ['broken JSON', { body: '["198.51.100.0/24"' }, /is not JSON/],
    [
      'more than 2000 networks',
      { body: many(2_001).join('\n') },
      /has 2001 networks; 2000 are taken at the most/,
    ],
    ['more than 4 MiB', { body: '#'.repeat(4 * 1024 * 1024 + 1) }, /more than 4194304 octets/],
    [
      'the page of a portal',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      /something between answered/,
    ],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://other.example/' } },
      /leading to https:\/\/other/,
    ],
    ['a fault', { status: 503 }, /status 503/],
  ])('is refused whole with %s (fault 10)', async (_, answer, words) => {
    await expect(fetchFrom(answer)).rejects.toThrow(words)
  })

  it('takes 2000 networks', async () => {
    expect(networks((await fetchFrom({ body: many(2_000).join('\n') })).got)).toHaveLength(2_000)
  })

  it('goes through the proxy of the machine', async () => {
    const proxy = await startProxy(9, () => '502 Bad Gateway')
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    await expect(fetching(listAt('https://lists.example.com/calls.txt'))).toRefuse('service-unavailable')
    expect(proxy.asked).toMatchObject([{ target: 'lists.example.com:443' }])
  })

  it('ends when it is told to', async () => {
    const { url } = await serve(() => new Promise(() => {}))
    await expect(fetching(listAt(url), { signal: AbortSignal.timeout(30) })).toRefuse('service-unavailable')
  })
})

/** Some of what the service answered in 2023. */
const endpoints = [
  {
    id: 1,
    serviceArea: 'Exchange',
    serviceAreaDisplayName: 'Exchange Online',
    urls: ['outlook.office.com'],
    ips: ['13.107.6.152/31', '40.96.0.0/13', '2603:1006::/40', '2620:1ec:4::152/128'],
    tcpPorts: '80,443',
    expressRoute: true,
    category: 'Optimize',
    required: true,
  },
  { id: 8, serviceArea: 'Exchange', urls: ['*.outlook.com'], tcpPorts: '80,443', category: 'Default' },
  { id: 9, serviceArea: 'Exchange', ips: ['40.92.0.0/15'], tcpPorts: '443', category: 'Allow' },
  {
    id: 11,
    serviceArea: 'Skype',
    ips: ['52.112.0.0/14', '13.107.6.152/31'],
    udpPorts: '3478',
    category: 'Optimize',
  },
  { id: 12, serviceArea: 'Skype', urls: ['*.teams.example'], tcpPorts: '443', category: 'Optimize' },
]

const list: ExclusionList = { kind: 'microsoft-365', name: 'microsoft-365' }

const serviceOf = (latest: unknown, answer: unknown = endpoints) =>
  serve(({ path = '' }: Received) => ({
    body: path.startsWith('/version/') ? { instance: 'Worldwide', latest } : answer,
  }))

describe('the list of Microsoft 365', () => {
  const optimize = [
    '13.107.6.152/31',
    '40.96.0.0/13',
    '2603:1006::/40',
    '2620:1ec:4::152/128',
    '52.112.0.0/14',
  ]

  it('is what is to be optimized, of both families, after its version was asked for', async () => {
    const { url, received } = await serviceOf('2023092800')
    const got = await fetching(list, { microsoft365: url })
    expect(networks(got)).toEqual(optimize)
    expect(got).toMatchObject({ tag: '2023092800' })
    expect(received.map(({ path }) => path)).toEqual([
      `/version/worldwide?ClientRequestId=${clientRequestId}`,
      `/endpoints/worldwide?ClientRequestId=${clientRequestId}`,
    ])
  })

  it('is not asked for again in the same version', async () => {
    const { url, received } = await serviceOf('2023092800')
    expect(await fetching(list, { microsoft365: url, tag: '2023092800' })).toEqual({ kind: 'same' })
    expect(received).toHaveLength(1)
  })

  it.each<[string, unknown, unknown, RegExp]>([
    ['a version of another form', 'v2', endpoints, /is not what \S+ documents for \/version/],
    ['endpoints of another form', '2023092800', { value: [] }, /is not what \S+ documents for \/endpoints/],
    ['no network', '2023092800', [{ category: 'Allow', ips: ['40.92.0.0/15'] }], /has no network/],
    ['a default route', '2023092800', [{ category: 'Optimize', ips: ['::/0'] }], /is all addresses/],
  ])('is refused with %s', async (_, latest, answer, words) => {
    const { url } = await serviceOf(latest, answer)
    await expect(fetching(list, { microsoft365: url })).toRefuse('list-unavailable', words)
  })
})

describe('a list in a file', () => {
  const written = async (content: string | Uint8Array): Promise<ExclusionList> => {
    const file = join(await temporaryFolder(), 'calls.txt')
    await writeFile(file, content, { mode: 0o600 })
    return { kind: 'file', name: './calls.txt', file }
  }

  it('is read', async () => {
    expect(networks(await fetching(await written('\uFEFF198.51.100.0/24\n')))).toEqual(['198.51.100.0/24'])
  })

  it('is refused where others could have written it', async () => {
    const shared = await written('198.51.100.0/24\n')
    if (shared.kind === 'file') await chmod(shared.file, 0o666)
    await expect(fetching(shared)).toRefuse('path-shared', /the list .*calls\.txt: others can write to it/)
  })

  it.runIf(process.platform === 'linux')('is no pipe, which would be waited for (fault 3)', async () => {
    const pipe = await written('')
    if (pipe.kind === 'file') {
      await rm(pipe.file)
      execFileSync('mkfifo', ['-m', '600', pipe.file])
    }
    await expect(fetching(pipe)).toRefuse('list-unavailable', /is no regular file/)
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['more than 4 MiB', Buffer.alloc(4 * 1024 * 1024 + 1, '#'), /has more than 4194304 octets/],
    ['UTF-16', Buffer.from('\uFEFF198.51.100.0/24', 'utf16le'), /is UTF-16/],
  ])('is refused with %s', async (_, content, words) => {
    await expect(fetching(await written(content))).toRefuse('list-unavailable', words)
  })
})
