import { describe, expect, it } from 'vitest'
import { exemptLoopback, proxyFor } from '../../client/proxyFor.ts'

const service = 'https://vpn-ca.contoso.example'
const proxy = 'http://proxy.contoso.example:3128'

const proxyOf = (url: string, environment: Readonly<Record<string, string>>) =>
  proxyFor(new URL(url), environment)?.href

describe('proxyFor()', () => {
  it.each([
    [{ HTTPS_PROXY: proxy }, `${proxy}/`],
    [{ https_proxy: proxy }, `${proxy}/`],
    [{ https_proxy: proxy, HTTPS_PROXY: 'http://other' }, `${proxy}/`],
    [{ https_proxy: '', HTTPS_PROXY: proxy }, `${proxy}/`],
    [{ ALL_PROXY: proxy }, `${proxy}/`],
    [{ HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128/'],
    [{ HTTPS_PROXY: 'https://proxy' }, 'https://proxy/'],
    [{ HTTP_PROXY: proxy }, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{}, undefined],
  ])('finds in %j the proxy %s of a https URL', (environment, expected) => {
    expect(proxyOf(service, environment)).toBe(expected)
  })

  it('finds that of a http URL', () => {
    expect(proxyOf('http://contoso.example', { HTTP_PROXY: proxy, HTTPS_PROXY: 'http://other' })).toBe(
      `${proxy}/`,
    )
  })

  it.each([
    'https://127.0.0.1:7071',
    'https://127.8.0.1',
    'https://localhost',
    'https://[::1]',
    'http://localhost',
  ])('leaves %s alone, which is this machine', (url) =>
    expect(proxyOf(url, { HTTPS_PROXY: proxy, HTTP_PROXY: proxy })).toBeUndefined(),
  )

  it.each([
    ['*', service, true],
    ['vpn-ca.contoso.example', service, true],
    ['VPN-CA.contoso.example', service, true],
    ['contoso.example', service, true],
    ['.contoso.example', service, true],
    ['*.contoso.example', service, true],
    ['a.example, contoso.example', service, true],
    ['a.example contoso.example', service, true],
    ['contoso.example:443', service, true],
    ['contoso.example:8443', service, false],
    ['oso.example', service, false],
    ['example.org', service, false],
    ['', service, false],
    [',.,', service, false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['10.0.0.0/', 'https://10.1.2.3', false],
    ['10.0.0.0/8', service, false],
    ['1.2.3', 'https://4.1.2.3', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]:8443', true],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443', true],
    ['[fd00::1]:443', 'https://[fd00::1]:8443', false],
  ])('reads NO_PROXY=%s for %s: %s', (exceptions, url, isExempt) => {
    expect(proxyOf(url, { HTTPS_PROXY: proxy, NO_PROXY: exceptions })).toBe(
      isExempt ? undefined : `${proxy}/`,
    )
    expect(proxyOf(url, { HTTPS_PROXY: proxy, no_proxy: exceptions })).toBe(
      isExempt ? undefined : `${proxy}/`,
    )
  })

  it.each(['socks5://canary:canary@proxy', 'http://', 'http://canary:canary@proxy:99999'])(
    'refuses the proxy %s, and does not repeat it',
    (value) => {
      const find = () => proxyOf(service, { HTTPS_PROXY: value })
      expect(find).toRefuse('usage-wrong', /^(?!.*canary).*HTTPS_PROXY: it is no http or https URL/)
    },
  )
})

describe('exemptLoopback()', () => {
  it.each([
    [{}, 'localhost,127.0.0.1,[::1]'],
    [{ NO_PROXY: 'a.example' }, 'a.example,localhost,127.0.0.1,[::1]'],
    [{ no_proxy: 'a.example' }, 'a.example,localhost,127.0.0.1,[::1]'],
  ])('adds this machine to %j', (environment, expected) => {
    const changed: NodeJS.ProcessEnv = { ...environment }
    exemptLoopback(changed)
    expect(changed['NO_PROXY']).toBe(expected)
  })
})
