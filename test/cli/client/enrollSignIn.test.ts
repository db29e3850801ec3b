import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openTestBrowser, startOidcProvider, urlIn } from '../../client/token/oidcWorld.ts'
import { serve } from '../../client/serve.ts'
import { testAuthority } from '../../client/testAuthority.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

const authority = testAuthority()

/** A machine without screen or store of secrets, a provider, a service, and somebody who signs in where they are told. */
const bench = async () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER', 'PATH']) vi.stubEnv(name, '')
  const folder = await temporaryFolder()
  const { issuer, crossings } = await startOidcProvider()
  const service = await serve(({ body }) => ({ status: 201, body: authority.reply(body) }))
  const out = join(folder, 'ada')
  const notices: string[] = []
  const told = {
    push(text: string) {
      if (text.startsWith('Sign in')) void openTestBrowser().visit(urlIn(text))
      return notices.push(text)
    },
  }
  const common = ['enroll', '--tenant', 'contoso', '--out', out, '--url', service.url]
  const client = ['--oidc-issuer', issuer, '--oidc-client', 'mayfly-laptop', '--oidc-scope', 'enroll']
  const enroll = (...args: readonly string[]) =>
    runCommand([...common, ...client, ...args], testDeployment(folder), { notices: told as string[] })
  const signIns = () => crossings.filter(({ path }) => path === '/auth').length
  return { enroll, out, notices, service, signIns }
}

describe.runIf(process.platform === 'linux')('mayfly enroll, where somebody signs in', () => {
  it('gets a certificate for the token of the provider, and remembers nothing', async () => {
    const { enroll, out, notices, service, signIns } = await bench()
    expect((await enroll()).text).toMatch(/^serial number/)
    expect(service.received[0]?.headers.authorization).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/)
    expect(notices).toEqual([expect.stringMatching(/^Sign in with a browser on this machine: http/)])
    await expect(readFile(join(out, 'sign-in.json'))).rejects.toThrow('ENOENT')
    await enroll()
    expect(signIns()).toBe(2)
  })

  it('remembers the sign-in with --remember, and asks nobody the next time', async () => {
    const { enroll, out, notices, service, signIns } = await bench()
    await enroll('--remember')
    await enroll('--remember')
    expect(signIns()).toBe(1)
    expect(notices.filter((text) => text.startsWith('Warning'))).toHaveLength(2)
    const [first, second] = service.received.map(({ headers }) => headers.authorization ?? '')
    expect(second).not.toBe(first)
    const { value } = JSON.parse(await readFile(join(out, 'sign-in.json'), 'utf8')) as { value: string }
    expect(notices.join()).not.toContain(value)
  })
})
