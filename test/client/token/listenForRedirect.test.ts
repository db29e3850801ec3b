import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenForRedirect } from '../../../client/token/listenForRedirect.ts'
import { parseRedirectUri } from '../../../client/token/parseRedirectUri.ts'

const state = 'a-state-of-this-sign-in'
const never = new AbortController().signal

const listenHere = async (registered = 'http://127.0.0.1/callback') => {
  const redirect = await listenForRedirect(registered, state)
  onTestFinished(() => redirect.close())
  return { redirect, uri: new URL(redirect.uri) }
}

/** Sends octets, and gives all that comes back. */
const send = async (port: string, octets: string): Promise<string> => {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(octets)
  return (await buffer(socket).catch(() => Buffer.alloc(0))).toString('latin1')
}

const get = (path: string, { method = 'GET', host = '' } = {}) => `${method} ${path} HTTP/1.1\r\n${host}\r\n`

describe('listenForRedirect()', () => {
  it('takes the answer of this sign-in, tells nothing of it, and keeps the page to itself', async () => {
    const { redirect, uri } = await listenHere()
    const answer = redirect.answer(never)
    const response = await fetch(`${redirect.uri}?code=a-code&state=${state}`)
    const page = await response.text()
    expect((await answer).get('code')).toBe('a-code')
    expect(uri.hostname).toBe('127.0.0.1')
    expect(page).not.toMatch(/a-code|a-state/)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
  })

  it.each([
    ['no state', (host: string) => get('/callback?code=x', { host })],
    ['another state', (host: string) => get('/callback?code=x&state=other', { host })],
    ['two states', (host: string) => get(`/callback?code=x&state=${state}&state=${state}`, { host })],
    ['neither code nor error', (host: string) => get(`/callback?state=${state}`, { host })],
    ['another path', (host: string) => get(`/?code=x&state=${state}`, { host })],
    ['a POST', (host: string) => get(`/callback?code=x&state=${state}`, { host, method: 'POST' })],
    ['another host', () => get(`/callback?code=x&state=${state}`, { host: 'Host: evil.example\r\n' })],
    ['no host', () => get(`/callback?code=x&state=${state}`)],
    ['a whole URL', (host: string) => get(`http://evil.example/callback?code=x&state=${state}`, { host })],
    ['a path of a host', (host: string) => get(`//callback?code=x&state=${state}`, { host })],
    [
      'an upgrade',
      (host: string) => get('/', { host: `${host}Connection: upgrade\r\nUpgrade: websocket\r\n` }),
    ],
    ['CONNECT', (host: string) => get('evil.example:443', { host, method: 'CONNECT' })],
    ['an expectation', (host: string) => get('/', { host: `${host}Expect: 100-continue\r\n` })],
    ['another expectation', (host: string) => get('/', { host: `${host}Expect: more\r\n` })],
    ['no HTTP', () => 'hello\r\n\r\n'],
    ['headers without end', () => `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}`],
  ])('answers nothing to a stranger with %s, and goes on', async (_, request) => {
    const { redirect, uri } = await listenHere()
    const answer = redirect.answer(never)
    expect(await send(uri.port, request(`Host: ${uri.host}\r\n`))).toBe('')
    await fetch(`${redirect.uri}?error=access_denied&state=${state}`)
    expect((await answer).get('error')).toBe('access_denied')
  })

  it('is not there any more when the sign-in is over', async () => {
    const { redirect, uri } = await listenHere()
    redirect.close()
    await expect(fetch(uri)).rejects.toThrow()
  })

  it.each([
    ['http://localhost', /^http:\/\/localhost:\d+$/],
    ['http://localhost/', /^http:\/\/localhost:\d+\/$/],
    ['http://127.0.0.1/a/b', /^http:\/\/127\.0\.0\.1:\d+\/a\/b$/],
  ])('keeps %s as it is registered, with a port', async (registered, uri) => {
    expect((await listenHere(registered)).redirect.uri).toMatch(uri)
  })

  it('takes the port that is registered, or says that it is not free', async () => {
    const { redirect } = await listenHere()
    await expect(listenForRedirect(redirect.uri, state)).toRefuse('token-source-failed', /EADDRINUSE/)
  })
})

describe('parseRedirectUri()', () => {
  it.each([
    'https://127.0.0.1/x',
    'http://example.com',
    'http://127.0.0.1/?x',
    'http://u@localhost',
    'http://[::1]/',
    'x',
  ])('refuses %s', (text) => expect(() => parseRedirectUri(text)).toRefuse('usage-wrong', /redirect URI/))
})
