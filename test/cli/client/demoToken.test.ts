import { describe, expect, it } from 'vitest'
import { serve } from '../../client/serve.ts'
import { runCommand, testDeployment, testTime } from '../runCommand.ts'

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
    expect(form).toEqual({ username: 'ada@contoso.example', compliant: 'true', claims: '{}' })
    expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('demo:secret').toString('base64')}`)
    const { form: told } = await getToken('--user', 'bob+vpn@contoso.example', '--non-compliant')
    expect(told).toEqual({ username: 'bob+vpn@contoso.example', compliant: 'false', claims: '{}' })
  })

  it('says every signal that it is told', async () => {
    const told =
      '--group contractors --group=b --role r --guest b2bCollaborationGuest --joined --ip-country US ' +
      '--platform windows --risk high --user-risk low --insider-risk minor --transfer deviceCodeFlow ' +
      '--amr pwd --amr mfa --acr urn:strong --auth-age 60 --no-device --device model=a=b --device iscompliant=true'
    const { form } = await getToken(...told.split(' '))
    expect(JSON.parse(form['claims'] ?? '')).toEqual({
      groups: ['contractors', 'b'],
      roles: ['r'],
      guest: true,
      guest_type: 'b2bCollaborationGuest',
      device_joined: true,
      ip_country: 'US',
      platform: 'windows',
      sign_in_risk: 'high',
      user_risk: 'low',
      insider_risk: 'minor',
      transfer_method: 'deviceCodeFlow',
      amr: ['pwd', 'mfa'],
      acr: 'urn:strong',
      auth_time: Math.floor(testTime.getTime() / 1000) - 60,
      device_record: false,
      device_model: 'a=b',
      device_isCompliant: true,
    })
  })

  it.each([
    [['--risk', 'extreme'], /--risk: it takes one of none, low/],
    [['--platform', 'Windows'], /--platform: it takes one of/],
    [['--device', 'colour=red'], /--device: it takes an attribute/],
    [['--ip-country', 'Germany'], /--ip-country: it takes two capital letters/],
    [['--auth-age=-1'], /--auth-age: it takes a number/],
  ])('refuses %j', async (args, detail) => {
    await expect(getToken(...args)).toRefuse('usage-wrong', detail)
  })

  it('refuses an empty user', async () => {
    const getting = runCommand(['demo', 'token', '--user='], testDeployment('.'))
    await expect(getting).toRefuse('usage-wrong', /--user is missing/)
  })
})
