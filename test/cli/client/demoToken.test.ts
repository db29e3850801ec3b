import { describe, expect, it } from 'vitest'
import { serve } from '../../client/serve.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

/** Runs `mayfly demo token` against an issuer that answers every request with `a.b.c`. */
const getToken = async (...args: readonly string[]) => {
  const { url, received } = await serve(() => ({ body: { access_token: 'a.b.c' } }))
  const tokenIssuer = { url, clientId: 'demo', clientSecret: 'secret' }
  const outcome = await runCommand(['demo', 'token', ...args], testDeployment('.', { tokenIssuer }))
  return { outcome, form: Object.fromEntries(new URLSearchParams(received[0]?.body)), received }
}

describe('mayfly demo token', () => {
  it('prints the token and nothing else', async () => {
    const { outcome } = await getToken()
    expect(outcome).toStrictEqual({ text: 'a.b.c', json: { token: 'a.b.c' } })
  })

  it('is for ada at a compliant device unless it is told otherwise', async () => {
    const { form, received } = await getToken()
    expect(form).toEqual({ username: 'ada@contoso.example', compliant: 'true' })
    expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('demo:secret').toString('base64')}`)
    const { form: told } = await getToken('--user', 'bob+vpn@contoso.example', '--non-compliant')
    expect(told).toEqual({ username: 'bob+vpn@contoso.example', compliant: 'false' })
  })

  it('refuses an empty user', async () => {
    const getting = runCommand(['demo', 'token', '--user='], testDeployment('.'))
    await expect(getting).toRefuse('usage-wrong', /--user is missing/)
  })
})
