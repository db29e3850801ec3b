import { describe, expect, it } from 'vitest'
import { signInFound } from '../../../client/check/signInFound.ts'
import type { EntraSettings } from '../../../client/token/tokenSettings.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const settings: EntraSettings = {
  kind: 'entra',
  tenant: 'contoso.onmicrosoft.com',
  clientId: 'mayfly',
  scopes: [],
  allowDeviceCode: false,
  remember: true,
}

/** Entra as it answers for a directory, and what it was asked. */
const entra = async (status: number) => {
  const asked: string[] = []
  const world = {
    environment: { PATH: '' },
    platform: 'linux' as const,
    tell: () => undefined,
    folder: await temporaryFolder(),
    wait: () => Promise.resolve(),
    signInMilliseconds: 1,
  }
  const found = await signInFound(settings, world, async ({ url, method }) => {
    asked.push(`${method} ${url.href}`)
    return { status, headers: {}, content: Buffer.from(''), tls: undefined }
  })
  return { found, asked }
}

describe('signInFound() at Microsoft Entra', () => {
  it('tells of a directory that is not there', async () => {
    const detail = 'Microsoft Entra answers 400 for the directory contoso.onmicrosoft.com'
    expect((await entra(400)).found).toMatchObject({ status: 'problem', detail })
  })

  it('tells that nobody signed in, and asks for what everybody may know', async () => {
    const { found, asked } = await entra(200)
    expect(found).toMatchObject({
      status: 'problem',
      detail: expect.stringMatching(/no sign-in is remembered/),
    })
    const page = 'contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration'
    expect(asked).toEqual([`GET https://login.microsoftonline.com/${page}`])
  })
})
