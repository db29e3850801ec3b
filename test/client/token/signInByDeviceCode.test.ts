import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { keepSignIn } from '../../../client/token/keepSignIn.ts'
import { oidcSource } from '../../../client/token/oidcSource.ts'
import type { TokenWanted } from '../../../client/token/tokenSource.ts'
import type { SignInWorld } from '../../../client/token/signInWorld.ts'
import {
  claimsOf,
  openTestBrowser,
  type OidcWorldOptions,
  signInMachine,
  startOidcProvider,
  urlIn,
} from './oidcWorld.ts'

const never = new AbortController().signal
const interactive = { isInteractive: true }

const fieldsOf = (page: string): URLSearchParams => {
  const fields = new URLSearchParams()
  for (const [, name = '', value = ''] of page.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g))
    fields.set(name, value)
  return fields
}

/** Enters the code that somebody was told, on the page of the provider, and says that it is theirs. */
const enterCode = async (text: string): Promise<string> => {
  const browser = openTestBrowser()
  const url = urlIn(text)
  const form = fieldsOf((await browser.visit(url)).page)
  form.set('user_code', /enter (\S+)/.exec(text)?.[1] ?? '')
  const confirm = fieldsOf((await browser.visit(url, form)).page)
  confirm.set('confirm', 'yes')
  return (await browser.visit(url, confirm)).page
}

const bench = async (options: OidcWorldOptions = {}, changes: Partial<SignInWorld> = {}) => {
  const world = await startOidcProvider(options)
  const machine = signInMachine(enterCode, changes)
  const waits: number[] = []
  const wait = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    waits.push(milliseconds)
    await Promise.all(machine.acts)
    await changes.wait?.(milliseconds, signal)
  }
  const settings = { ...world.settings, allowDeviceCode: true }
  const source = oidcSource(settings, { ...machine, wait }, keepSignIn())
  return { ...world, machine, waits, get: (wanted: TokenWanted) => source.get(wanted, never) }
}

describe('signInByDeviceCode()', () => {
  it('has somebody enter a code elsewhere, warns of what that proves, and gets fresh tokens after', async () => {
    const { get, machine, waits } = await bench()
    const token = await get(interactive)
    expect(claimsOf(token)).toMatchObject({ sub: 'ada', aud: 'urn:mayfly:contoso' })
    expect(machine.told).toEqual([
      expect.stringMatching(
        /^Warning: this signs in the device of the browser .*, not this one\..*\nOpen http\S+\/device and enter \w/,
      ),
    ])
    expect(waits).toEqual([5000])
    const next = await get({ isInteractive: false })
    expect(claimsOf(next)['jti']).not.toBe(claimsOf(token)['jti'])
  })

  it('asks less often when it is told to, and goes on after an outage', async () => {
    const answers: readonly [status: number, body: object][] = [
      [400, { error: 'authorization_pending' }],
      [400, { error: 'slow_down' }],
      [503, {}],
    ]
    let asked = 0
    const { get, waits } = await bench({
      between({ path }, response) {
        const answer = path === '/token' ? answers[asked++] : undefined
        if (!answer) return false
        response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]))
        return true
      },
    })
    expect(claimsOf(await get(interactive))).toMatchObject({ sub: 'ada' })
    expect(waits).toEqual([5000, 5000, 10_000, 15_000])
  })

  it('waits no longer than somebody has', async () => {
    const changes = {
      signInMilliseconds: 100,
      wait: (_: number, signal: AbortSignal) => sleep(60_000, undefined, { signal }),
    }
    const { get } = await bench({}, changes)
    await expect(get(interactive)).toRefuse('token-source-failed', /nobody entered the code in time/)
  })

  it('is no way where it is not allowed: the URL is told', async () => {
    const { settings, crossings } = await startOidcProvider()
    const machine = signInMachine((text) => openTestBrowser().visit(urlIn(text)))
    await oidcSource(settings, machine, keepSignIn()).get(interactive, never)
    expect(machine.told).toEqual([expect.stringMatching(/^Sign in with a browser on this machine: http/)])
    expect(crossings.some(({ path }) => path.startsWith('/device'))).toBe(false)
  })
})
