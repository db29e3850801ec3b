import { describe, expect, it } from 'vitest'
import { serve } from '../../client/serve.ts'
import { parseCommandLine } from '../../../cli/commandLine/parseCommandLine.ts'
import { commands } from '../../../cli/commands.ts'
import { runCommand, testDeployment, testTime } from '../runCommand.ts'

const digest = 'ab'.repeat(32)

/** Runs `mayfly demo posture` or `demo attestation` against an issuer that answers every request with `a.b.c`. */
const getToken = async (...args: readonly string[]) => {
  const { url, received } = await serve(() => ({ body: { access_token: 'a.b.c' } }))
  const tokenIssuer = { url, clientId: 'demo', clientSecret: 'secret' }
  const outcome = await runCommand(['demo', ...args], testDeployment('.', { tokenIssuer }))
  const [{ path, body } = { path: '', body: '' }] = received
  const { facts = '', ...form } = Object.fromEntries(new URLSearchParams(body))
  return { outcome, path, form, facts: JSON.parse(facts) as unknown }
}

describe('mayfly demo posture', () => {
  it('prints the token, about the device of ada at woodgrove unless it is told otherwise', async () => {
    expect(await getToken('posture')).toEqual({
      outcome: { text: 'a.b.c', json: { token: 'a.b.c' } },
      path: '/posture',
      form: { username: 'ada@woodgrove.example' },
      facts: {},
    })
    const device = '0B5F7C86-9E5E-4C44-8A3F-3D2B9B0C7F11'
    const { form } = await getToken('posture', '--user', 'bob@woodgrove.example', '--device', device)
    expect(form).toEqual({ username: 'bob@woodgrove.example', device: device.toLowerCase() })
  })

  it('says facts in the types that they have, and leaves out what has no value', async () => {
    const told = ['systemDriveEncrypted=false', 'updateAgeDays=2.5', 'osVersion=10.0', 'osBuild=true']
    const args = [...told, 'threatLevel=high', 'secureBoot='].flatMap((fact) => ['--fact', fact])
    expect((await getToken('posture', ...args)).facts).toEqual({
      systemDriveEncrypted: false,
      updateAgeDays: 2.5,
      osVersion: '10.0',
      osBuild: 'true',
      threatLevel: 'high',
      secureBoot: null,
    })
  })

  it.each([
    ['--fact', 'colour=red', /a fact and its value/],
    ['--fact', 'toString=1', /a fact and its value/],
    ['--fact', 'systemDriveEncrypted', /a fact and its value/],
    ['--fact', 'systemDriveEncrypted=yes', /true or false for systemDriveEncrypted/],
    ['--fact', 'updateAgeDays=-1', /a number, 0 or more for updateAgeDays/],
    ['--fact', 'osVersion=new', /numbers between dots .* for osVersion/],
    ['--fact', 'threatLevel=awful', /one of secured, low, medium, high for threatLevel/],
    ['--device', 'laptop', /a UUID/],
  ])('refuses %s %s', (option, value, detail) =>
    expect(getToken('posture', option, value)).toRefuse('usage-wrong', detail),
  )
})

describe('mayfly demo attestation', () => {
  it('is for the key of the option, or of the environment that --attestation-command has', async () => {
    const { path, form } = await getToken('attestation', '--key-sha256', digest, '--fact', 'secureBoot=false')
    const key_sha256 = Buffer.from(digest, 'hex').toString('base64url')
    expect([path, form]).toEqual(['/attestation', { username: 'ada@woodgrove.example', key_sha256 }])
    const variables = { MAYFLY_KEY_SHA256: digest }
    const parsed = parseCommandLine(['demo', 'attestation'], { commands, variables, now: testTime })
    expect(parsed).toMatchObject({ kind: 'run', chosen: `key-sha256 ${digest} (MAYFLY_KEY_SHA256)` })
  })

  it('wants to be told of a key, by a SHA-256', async () => {
    await expect(getToken('attestation')).toRefuse('usage-wrong', /--key-sha256 is missing/)
    await expect(getToken('attestation', '--key-sha256', 'ab')).toRefuse('usage-wrong', /64 hexadecimal/)
  })
})
