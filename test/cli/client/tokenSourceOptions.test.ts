import { describe, expect, it } from 'vitest'
import { readTokenSettings, tokenSourceOptions } from '../../../cli/client/tokenSourceOptions.ts'
import { readOptions } from '../../../cli/commandLine/option.ts'

/** Reads options as the command line has them: `--oidc-scope a b` is two scopes. */
const settingsOf = (line: string) => {
  const given = line
    .split('--')
    .slice(1)
    .map((one) => one.trim().split(' '))
    .map(([name = '', ...values]) => [name, values] as const)
  return readTokenSettings(readOptions(tokenSourceOptions, { given: new Map(given), now: new Date(0) }))
}

const oidc = '--oidc-issuer https://id.example --oidc-client laptop'
const entra = '--entra-tenant contoso.example --entra-client app --entra-scope api://mayfly/Enroll'
const plain = { scopes: [], audience: undefined, resource: undefined, redirectUri: undefined }

describe('readTokenSettings()', () => {
  it.each([
    ['--token-file ada.jwt', { kind: 'file', file: 'ada.jwt' }],
    ['--token-command helper', { kind: 'command', command: 'helper' }],
    [
      oidc,
      {
        kind: 'oidc',
        issuer: 'https://id.example',
        clientId: 'laptop',
        ...plain,
        allowDeviceCode: false,
        remember: false,
      },
    ],
    [
      `${oidc} --oidc-scope a b --oidc-audience api --oidc-resource urn:api --oidc-redirect http://localhost --allow-device-code --remember`,
      {
        kind: 'oidc',
        issuer: 'https://id.example',
        clientId: 'laptop',
        scopes: ['a', 'b'],
        audience: 'api',
        resource: 'urn:api',
        redirectUri: 'http://localhost',
        allowDeviceCode: true,
        remember: true,
      },
    ],
    [
      entra,
      {
        kind: 'entra',
        tenant: 'contoso.example',
        clientId: 'app',
        scopes: ['api://mayfly/Enroll'],
        allowDeviceCode: false,
        remember: false,
      },
    ],
  ])('reads %s', (line, settings) => expect(settingsOf(line)).toEqual(settings))

  it.each([
    ['', /give either/],
    ['--token-file a --token-command b', /give either/],
    [`${oidc} --token-file a`, /give either/],
    [`${oidc} ${entra}`, /give either/],
    ['--oidc-issuer https://id.example', /--oidc-issuer and --oidc-client go together/],
    ['--oidc-scope a', /--oidc-issuer and --oidc-client go together/],
    ['--entra-tenant a --entra-client b', /go together/],
    ['--token-file a --remember', /--remember are for --oidc-issuer/],
    [`${oidc} --oidc-redirect http://elsewhere.example`, /redirect URI/],
  ])('refuses %s', (line, detail) => expect(() => settingsOf(line)).toRefuse('usage-wrong', detail))
})
