import { describe, expect, it } from 'vitest'
import { parseKeyVaultReference } from '../../../lib/keys/keyVaultReference.ts'

const version = '0123456789abcdef0123456789abcdef'

describe('parseKeyVaultReference()', () => {
  it.each([
    'contoso.vault.azure.net',
    'con-toso-1.vault.azure.cn',
    'contoso.vault.usgovcloudapi.net',
    'contoso.managedhsm.azure.net',
  ])('parses a key of %s', (host) => {
    const id = `https://${host}/keys/contoso--issuer-1/${version}`
    expect(parseKeyVaultReference(id)).toEqual({
      id,
      host,
      vaultUrl: `https://${host}`,
      name: 'contoso--issuer-1',
      version,
    })
  })

  it('refuses a key without a version, and says why', () => {
    expect(() => parseKeyVaultReference('https://contoso.vault.azure.net/keys/a')).toRefuse(
      'signer-refused',
      /it has no version, and after a rotation would name another key/,
    )
  })

  it.each([
    'evil.example',
    'vault.azure.net',
    'contoso.vault.azure.net.evil.example',
    'contoso.evil.vault.azure.net',
    'contosovault.azure.net',
    'contoso.vault.azure.net:8443',
    '127.0.0.1',
    `${'a'.repeat(25)}.vault.azure.net`,
  ])('refuses the host %s', (host) => {
    expect(() => parseKeyVaultReference(`https://${host}/keys/a/${version}`)).toRefuse(
      'signer-refused',
      /its host is not one of Azure's vaults/,
    )
  })

  it.each([
    '',
    'local:a',
    `http://contoso.vault.azure.net/keys/a/${version}`,
    `HTTPS://contoso.vault.azure.net/keys/a/${version}`,
    `https://contoso.vault.azure.net@evil.example/keys/a/${version}`,
    `https://Contoso.vault.azure.net/keys/a/${version}`,
    `https://contoso.vault.azure.net/secrets/a/${version}`,
    `https://contoso.vault.azure.net/keys/a/${version}/`,
    `https://contoso.vault.azure.net/keys/a/${version}?x`,
    `https://contoso.vault.azure.net/keys/a/${version}\n`,
    `https://contoso.vault.azure.net/keys/a/${version.slice(1)}`,
    `https://contoso.vault.azure.net/keys/a/${version.toUpperCase()}`,
    `https://contoso.vault.azure.net/keys/a_b/${version}`,
    `https://contoso.vault.azure.net/keys/../${version}`,
    'https://contoso.vault.azure.net/keys/',
    'https://contoso.vault.azure.net',
  ])('refuses %j', (id) => {
    expect(() => parseKeyVaultReference(id)).toRefuse('signer-refused', /it is not of the form/)
  })

  it('takes the one host it is told of, its port included, and then no vault of Azure', () => {
    const id = `https://127.0.0.1:7074/keys/a/${version}`
    expect(parseKeyVaultReference(id, '127.0.0.1:7074').vaultUrl).toBe('https://127.0.0.1:7074')
    for (const host of ['127.0.0.1', '127.0.0.1:7075', 'contoso.vault.azure.net']) {
      expect(() => parseKeyVaultReference(`https://${host}/keys/a/${version}`, '127.0.0.1:7074')).toRefuse(
        'signer-refused',
        /its host is not 127\.0\.0\.1:7074/,
      )
    }
  })

  it('repeats no more than the start of what is long', () => {
    expect(() => parseKeyVaultReference('x'.repeat(10_000))).toRefuse('signer-refused', /^.{0,320}$/)
  })
})
