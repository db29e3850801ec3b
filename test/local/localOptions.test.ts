import { describe, expect, it } from 'vitest'
import { parseLocalOptions, usage } from '../../local/localOptions.ts'

describe('parseLocalOptions()', () => {
  it('listens on port 7071 of this machine without TLS unless it is told otherwise', () => {
    expect(parseLocalOptions([])).toEqual({
      host: '127.0.0.1',
      port: 7071,
      tls: false,
      keys: 'local',
      folder: '.mayfly',
    })
  })

  it('takes host, port, TLS, kind of keys and folder', () => {
    const args = [
      '--host',
      '0.0.0.0',
      '--port',
      '8000',
      '--tls',
      '--keys',
      'keyvault',
      '--data',
      '/srv/mayfly',
    ]
    expect(parseLocalOptions(args)).toEqual({
      host: '0.0.0.0',
      port: 8000,
      tls: true,
      keys: 'keyvault',
      folder: '/srv/mayfly',
    })
  })

  it.each(['127.0.0.1', '::1', 'localhost'])('lets %s, which is this machine, do without TLS', (host) => {
    expect(parseLocalOptions(['--host', host])).toMatchObject({ host, tls: false })
  })

  it.each(['0.0.0.0', '::', '192.0.2.1', 'vpn-ca.contoso.example', ''])(
    'refuses "%s" without TLS, and takes it with',
    (host) => {
      expect(() => parseLocalOptions(['--host', host])).toThrow(/tokens would cross the network in the clear/)
      expect(parseLocalOptions(['--host', host, '--tls'])).toMatchObject({ host, tls: true })
    },
  )

  it('leaves room for the three ports after the first, and takes 0 for free ones', () => {
    expect(parseLocalOptions(['--port', '0'])?.port).toBe(0)
    expect(parseLocalOptions(['--port', '65532'])?.port).toBe(65_532)
    expect(() => parseLocalOptions(['--port', '65533'])).toThrow(
      /--port is 65533, not a number from 0 to 65532/,
    )
  })

  it.each(['-1', '1.5', 'http', '', ' ', '1e3', '0x1f', '99999999'])('refuses the port "%s"', (port) => {
    expect(() => parseLocalOptions([`--port=${port}`])).toThrow(/^Cannot listen: --port is/)
  })

  it.each(['', 'vault', 'KeyVault'])('refuses keys of the kind "%s"', (keys) => {
    expect(() => parseLocalOptions([`--keys=${keys}`])).toThrow(/^Cannot start: --keys is/)
  })

  it('refuses options and words that it does not know', () => {
    expect(() => parseLocalOptions(['--prot', '1'])).toThrow(/Unknown option '--prot'/)
    expect(() => parseLocalOptions(['contoso'])).toThrow(/Unexpected argument/)
    expect(() => parseLocalOptions(['--port'])).toThrow(/argument missing/)
  })

  it('returns nothing when it is asked for help', () => {
    expect(parseLocalOptions(['--help', '--host', '0.0.0.0'])).toBeUndefined()
  })
})

describe('the help of npm start', () => {
  it('fits 80 columns', () => {
    expect(usage.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  it('tells every option that is parsed', () => {
    for (const name of ['host', 'port', 'tls', 'keys', 'data', 'help']) expect(usage).toContain(`--${name} `)
  })
})
