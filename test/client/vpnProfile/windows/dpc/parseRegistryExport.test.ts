import { describe, expect, it } from 'vitest'
import { parseRegistryExport } from '../../../../../client/vpnProfile/windows/dpc/parseRegistryExport.ts'

const header = 'Windows Registry Editor Version 5.00\r\n\r\n'

const hex = (text: string): string =>
  [...Buffer.from(text, 'utf16le')].map((octet) => octet.toString(16).padStart(2, '0')).join(',')

const text = `${header}[HKEY_LOCAL_MACHINE\\SOFTWARE\\Büro]\r\n; a comment\r\n@="default"\r\n"q\\"\\\\"="a\\\\b\\"c"\r\n"n"=dword:0000000A\r\n"long"=hex(b):01,00,00,00,00,00,00,00\r\n"several"=hex(7):${hex('ä\0')},\\\r\n  ${hex('b\0\0')}\r\n"expanded"=hex(2):${hex('%x%\0')}\r\n"octets"=hex:01,02\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Büro\\Empty]\r\n`

const expected = [
  {
    path: String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Büro`,
    values: new Map<string, unknown>([
      ['', { kind: 'text', text: 'default' }],
      ['q"\\', { kind: 'text', text: 'a\\b"c' }],
      ['n', { kind: 'number', number: 10 }],
      ['long', { kind: 'number', number: 1 }],
      ['several', { kind: 'texts', texts: ['ä', 'b'] }],
      ['expanded', { kind: 'text', text: '%x%' }],
      ['octets', { kind: 'other' }],
    ]),
  },
  { path: String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Büro\Empty`, values: new Map() },
]

describe('parseRegistryExport()', () => {
  it.each<[string, Buffer]>([
    ['UTF-16 with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-8', Buffer.from(text)],
    [
      'UTF-8 with a byte order mark, and line ends of others',
      Buffer.from(`\uFEFF${text}`.replaceAll('\r', '')),
    ],
  ])('reads keys and values of every type, in %s', (_, octets) => {
    expect(parseRegistryExport(octets)).toEqual(expected)
  })

  it('reads texts that have lines, as all of HKLM\\SOFTWARE has them', () => {
    const lines = '"a"="one, \\"\r\n;two\\\\\r\n[HKEY_LOCAL_MACHINE\\\\B]\r\n"\r\n"b"="c"\r\n'
    const [key, ...others] = parseRegistryExport(Buffer.from(`${header}[HKEY_LOCAL_MACHINE\\A]\r\n${lines}`))
    expect(others).toEqual([])
    expect([...(key?.values ?? [])]).toEqual([
      ['a', { kind: 'text', text: 'one, "\n;two\\\n[HKEY_LOCAL_MACHINE\\B]\n' }],
      ['b', { kind: 'text', text: 'c' }],
    ])
  })

  it.each<[string, string]>([
    ['no header', '[HKEY_LOCAL_MACHINE\\A]'],
    ['that of Windows 98', 'REGEDIT4\n[HKEY_LOCAL_MACHINE\\A]'],
    ['a deletion of a key', `${header}[-HKEY_LOCAL_MACHINE\\A]`],
    ['a deletion of a value', `${header}[HKEY_LOCAL_MACHINE\\A]\n"a"=-`],
    ['a value before all keys', `${header}"a"="b"`],
    ['a text without its end', `${header}[HKEY_LOCAL_MACHINE\\A]\n"a"="b`],
    ['half an octet', `${header}[HKEY_LOCAL_MACHINE\\A]\n"a"=hex(7):0`],
  ])('refuses %s, and repeats nothing of it', (_, given) => {
    expect(() => parseRegistryExport(Buffer.from(given))).toRefuse('usage-wrong', /^((?!"a"|="b).)*$/)
  })

  it('refuses UTF-16 in the other order', () => {
    expect(() => parseRegistryExport(Buffer.from(text, 'utf16le').swap16())).toRefuse('usage-wrong', /UTF-16/)
  })
})
