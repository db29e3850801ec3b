import { describe, expect, it } from 'vitest'
import { elementTexts, hasXmllint, profileFaults } from '../../service/xmlLint.ts'
import { dpcCases } from './dpcCases.ts'
import { settingChanges, trafficFilter } from '../settingChanges.ts'
import { type Members, written } from './writtenProfile.ts'

const base: Members = { routes: ['10.0.0.0/8'] }

describe('a profile for Windows', () => {
  it.each(settingChanges)(
    'is another one when %s changes, and the same when nothing does',
    (_, before, after) => {
      const one = written({ user: { ...base, ...before } })
      expect(written({ user: { ...base, ...before } })).toEqual(one)
      expect(written({ user: { ...base, ...after } })).not.toEqual(one)
    },
  )

  it.each<[string, Members]>([
    ['the names of the server', { server: { names: ['other.example.com'], roots: ['a'.repeat(40)] } }],
    ['its roots', { server: { names: ['nps.example.com'], roots: ['c'.repeat(40)] } }],
    ['the issuers', { certificate: { issuers: ['c'.repeat(40)] } }],
    ['the marker', { certificate: { issuers: ['b'.repeat(40)], marker: '1.2.3' } }],
    ['the host of the service', { service: 'https://192.0.2.201' }],
  ])('is another one when %s changes', (_, top) => {
    expect(written({ user: base }, top)).not.toEqual(written({ user: base }))
  })

  it('validates the server by its root and name, asks nobody about another, and binds PEAP', () => {
    for (const authentication of ['eap-tls', 'peap-eap-tls']) {
      const { xml } = written({ user: { ...base, authentication } })
      const count = authentication === 'eap-tls' ? 1 : 2
      for (const element of [
        '<ServerNames>nps.example.com</ServerNames>',
        `<TrustedRootCA>${Array.from({ length: 20 }, () => 'aa').join(' ')}</TrustedRootCA>`,
        '<DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation>',
      ])
        expect(xml.split(element)).toHaveLength(count + 1)
      expect(xml.match(/<(?:PerformServerValidation|AcceptServerName) [^>]*>true</g)).toHaveLength(2 * count)
      expect(xml.includes('<RequireCryptoBinding>true</RequireCryptoBinding>')).toBe(count === 2)
      expect(xml).not.toMatch(/>false<\/(?:PerformServerValidation|AcceptServerName|RequireCryptoBinding)>/)
    }
  })
})

const kerberos = { issuers: ['d'.repeat(40), 'e'.repeat(40)], purposes: ['1.3.6.1.5.5.7.3.2', '1.2.3'] }

describe('certificates of others beside', () => {
  it('has the one of the domain looked for, and none of Entra fetched', () => {
    const { xml, beside } = written({ user: { ...base, kerberos } })
    expect(xml.replaceAll(/\s/g, '')).toContain(
      `<DeviceCompliance><Enabled>false</Enabled><Sso><Enabled>true</Enabled><Eku>${kerberos.purposes.join(',')}</Eku><IssuerHash>${kerberos.issuers.join(';')}</IssuerHash></Sso></DeviceCompliance>`,
    )
    expect(beside.useRasCredentials).toBe(true)
    const without = written({ user: base })
    expect(without.xml).not.toContain('DeviceCompliance')
    expect(without.beside.useRasCredentials).toBe(false)
  })

  it('has certificates of Entra fetched, and told by their purpose alone', () => {
    const top = { certificate: { issuers: ['b'.repeat(40)], marker: '1.2.3' } }
    const { xml } = written({ user: base }, top, { isEntra: true })
    expect(xml.replaceAll(/\s/g, '')).toContain(
      '<DeviceCompliance><Enabled>true</Enabled></DeviceCompliance>',
    )
    expect(xml.match(/<EKUOID>(.*)<\/EKUOID>/)?.[1]).toBe('1.3.6.1.4.1.311.87')
    expect(xml).not.toContain('CAHashList')
  })

  it('leaves a device tunnel alone, which shows the certificate of the machine', () => {
    const options = { isEntra: true }
    expect(written({ device: base }, {}, options)).toEqual(written({ device: base }))
  })
})

describe.skipIf(!hasXmllint)('by the schema of the VPNv2 CSP', () => {
  it.each(settingChanges)('a profile with %s is valid', async (_, before, after) => {
    for (const members of [before, after])
      expect(await profileFaults(written({ user: { ...base, ...members } }).xml)).toBe('')
  })

  it('so are a device tunnel, and all that DPC makes', async () => {
    const device = { ...base, 'machine-purposes': ['1.2.3'], 'route-metric': 5 }
    expect(await profileFaults(written({ device }).xml)).toBe('')
    for (const { xml } of dpcCases()) if (xml !== undefined) expect(await profileFaults(xml)).toBe('')
  })

  it('so are profiles for Entra, and with another certificate for the domain', async () => {
    for (const isEntra of [true, false])
      expect(await profileFaults(written({ user: { ...base, kerberos } }, {}, { isEntra }).xml)).toBe('')
  })

  it('what no schema has is named by it, element by element', async () => {
    const options = { beyondSchema: true }
    let { xml } = written({ user: { ...base, 'interface-metric': 7 } }, {}, options)
    for (const [name, value] of Object.entries({
      UseRasCredentials: 'false',
      NetworkOutageTime: '1800',
      IPv4InterfaceMetric: '7',
      IPv6InterfaceMetric: '7',
      DataEncryption: 'Require',
    })) {
      expect(await profileFaults(xml)).toContain(`Element '${name}': This element is not expected`)
      xml = xml.replace(`  <${name}>${value}</${name}>\n`, '')
    }
    expect(xml).toBe(written({ user: { ...base, 'interface-metric': 7 } }).xml)
  })

  it('what stands in another order is not', async () => {
    const { xml } = written({ user: { ...base, suffixes: ['a.example'] } })
    const moved = xml.replace(/( *<AlwaysOn>.*\n)( *<DnsSuffix>.*\n)/, '$2$1')
    expect(await profileFaults(moved)).toMatch(/AlwaysOn/)
  })

  it.each(['&<>"\'', 'Büro Zürich', '界'.repeat(200), `]]> <!-- & -->`, 'a'.repeat(255)])(
    'the text %s arrives as it was said',
    async (text) => {
      const { xml } = written({
        user: { ...base, 'trusted-networks': [text], filters: [{ ...trafficFilter, application: text }] },
      })
      expect(await profileFaults(xml)).toBe('')
      expect(await elementTexts(xml, 'TrustedNetworkDetection')).toEqual([text])
      expect(await elementTexts(xml, 'Id')).toEqual([text])
    },
  )
})
