import { describe, expect, it } from 'vitest'
import {
  csvCell,
  csvLine,
  issuanceFormats,
  printedFormat,
  refusalFormats,
} from '../../../cli/ledger/recordFormat.ts'
import { issuanceRecord, refusalRecord } from '../../../cli/ledger/issuanceRecord.ts'
import { someIssuance, someRefusal } from '../../lib/ledger/storedRows.ts'

const issuance = someIssuance({
  certificate: Buffer.from('certificate'),
  serialNumber: '40b4f1e09aa04d5a8d4c5d6e7f801234',
  tokenId: '6f1d6c1e-0d2f-4f2f-8b3a-2a8d5e4c3b21',
  keyHash: 'ab'.repeat(32),
  requestId: '11111111-1111-4111-8111-111111111111',
  vaultRequestId: '33333333-3333-4333-8333-333333333333',
  invocationId: '22222222-2222-4222-8222-222222222222',
})

const refusal = someRefusal({
  tokenId: 'b',
  invocationId: '22222222-2222-4222-8222-222222222222',
  upn: '=cmd@contoso.example',
  suppressed: 3,
})

describe('the formats of issuances', () => {
  const record = issuanceRecord('contoso', issuance)

  it('are a table of 80 columns, two lines a certificate', () => {
    expect((issuanceFormats.table.heading.text + issuanceFormats.table.write(record)).split('\n')).toEqual([
      'issued                user                      serial number',
      '2026-03-02T09:00:00Z  alice@contoso.example     40b4f1e09aa04d5a8d4c5d6e7f801234',
      '  issuer~0001, device 0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
      '',
    ])
  })

  it('are CSV with a heading, and the columns in its order', () => {
    const lines = (issuanceFormats.csv.heading?.text ?? '') + issuanceFormats.csv.write(record)
    expect(lines.split('\r\n')).toEqual([
      'tenant,issuedAt,upn,deviceId,serialNumber,issuerId,notBefore,notAfter,renewalStart,renewalEnd,tokenIssuer,subject,tokenId,client,tokenIssuedAt,tokenExpiresAt,proof,policy,signals,revision,denyList,keyHash,requestId,vaultRequestId,invocationId,sha256',
      `contoso,2026-03-02T09:00:00.250Z,alice@contoso.example,0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11,40b4f1e09aa04d5a8d4c5d6e7f801234,issuer~0001,2026-03-02T08:55:00.250Z,2026-03-02T10:00:00.250Z,2026-03-02T09:36:00.250Z,2026-03-02T09:42:00.250Z,https://issuer.example/contoso,alice,6f1d6c1e-0d2f-4f2f-8b3a-2a8d5e4c3b21,vpn-client,2026-03-02T08:59:00.250Z,2026-03-02T09:59:00.250Z,compliantDevice,default,"{""version"":1,""at"":1772442000,""user"":""alice"",""proofs"":{""compliantDevice"":""yes""}}",1,0,${'ab'.repeat(32)},11111111-1111-4111-8111-111111111111,33333333-3333-4333-8333-333333333333,22222222-2222-4222-8222-222222222222,03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72`,
      '',
    ])
  })

  it('are JSON, an object a line, with the members of CSV and the certificate', () => {
    const line = issuanceFormats.json.write(record)
    expect(line).toMatch(/^[^\n]+\n$/)
    const columns = issuanceFormats.csv.heading?.text.trim().split(',')
    expect(Object.keys(JSON.parse(line) as object)).toEqual([...(columns ?? []), 'certificate'])
  })

  it('are PEM and nothing else', () => {
    expect(issuanceFormats.pem.write(record)).toBe(
      '-----BEGIN CERTIFICATE-----\nY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n',
    )
  })

  it('write null for what a row of an older version lacks', () => {
    const missing = { tokenIssuedAt: new Date(''), tokenExpiresAt: new Date(''), tokenId: '', deviceId: '' }
    const old = issuanceRecord('contoso', { ...issuance, ...missing })
    expect(JSON.parse(issuanceFormats.json.write(old))).toMatchObject({
      tokenIssuedAt: null,
      tokenId: null,
      deviceId: null,
    })
    expect(issuanceFormats.table.write(old)).toContain('no device')
  })
})

describe('the formats of refusals', () => {
  const record = refusalRecord('contoso', refusal)

  it('are a table of 80 columns, with what the client was told', () => {
    expect((refusalFormats.table.heading.text + refusalFormats.table.write(record)).split('\n')).toEqual([
      'refused               code                       user',
      '2026-03-02T09:00:00Z  device-not-compliant       =cmd@contoso.example',
      '  Cannot enroll: the token says that the device is not compliant.',
      '  device 0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
      '  3 before it were not recorded',
      '',
    ])
  })

  it('are a table of 80 columns, however long a text is', () => {
    const long = refusalRecord('contoso', {
      ...refusal,
      upn: 'u'.repeat(300),
      deviceId: 'd'.repeat(300),
      detail: 'Cannot enroll: it is '.repeat(20),
    })
    for (const line of refusalFormats.table.write(long).split('\n'))
      expect(line.length).toBeLessThanOrEqual(80)
  })

  it('are CSV with a heading, in which no text is a formula', () => {
    const lines = (refusalFormats.csv.heading?.text ?? '') + refusalFormats.csv.write(record)
    expect(lines.split('\r\n')).toEqual([
      'tenant,at,code,upn,deviceId,detail,tokenIssuer,subject,tokenId,keyHash,signals,revision,invocationId,suppressed',
      `contoso,2026-03-02T09:00:00.250Z,device-not-compliant,"'=cmd@contoso.example",0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11,Cannot enroll: the token says that the device is not compliant.,https://issuer.example/contoso,alice,b,${'ab'.repeat(32)},"{""version"":1,""at"":1772442000,""user"":""alice"",""proofs"":{""compliantDevice"":""no""}}",1,22222222-2222-4222-8222-222222222222,3`,
      '',
    ])
  })
})

const nasty = '\u001b[2J\u009b31m\u202e=cmd\u0007'

/** Every text of an entry made one that could do something to a terminal. */
const nastily = <T extends object>(entry: T): T => {
  const signals = [{ proof: nasty, signal: 'proven' }]
  const texts = Object.entries(entry).map(([name, value]) => [
    name,
    typeof value === 'string' ? nasty : value,
  ])
  return { ...Object.fromEntries(texts), signals } as T
}

it.each(['table', 'json', 'csv'] as const)('no text of a token acts, as %s', (name) => {
  const written = [
    issuanceFormats[name].write(issuanceRecord('contoso', nastily(issuance))),
    refusalFormats[name].write(refusalRecord('contoso', nastily(refusal))),
  ]
  for (const text of written) {
    expect(text.replaceAll(/\r?\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(text).toContain('cmd')
  }
})

describe('printedFormat()', () => {
  it.each([
    [undefined, false, 'table'],
    [undefined, true, 'json'],
    ['csv', false, 'csv'],
    ['json', true, 'json'],
    ['pem', false, 'pem'],
  ] as const)('makes of %j, asked for JSON or not (%j), the format %s', (given, asJson, name) => {
    expect(printedFormat(given, asJson, issuanceFormats)).toBe(issuanceFormats[name])
  })

  it('refuses a format that there is not, and two at once', () => {
    const names = /--format is one of table, json, csv\.$/
    for (const format of ['pem', 'xml', 'toString', ''])
      expect(() => printedFormat(format, false, refusalFormats)).toRefuse('usage-wrong', names)
    expect(() => printedFormat('csv', true, issuanceFormats)).toRefuse('usage-wrong', /--json/)
  })
})

describe('csvCell()', () => {
  it.each([
    ['alice@contoso.example', 'alice@contoso.example'],
    ['2026-03-02T10:00:00.000Z', '2026-03-02T10:00:00.000Z'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    // A separator in other countries, and a quote of other programs.
    ['a;b', '"a;b"'],
    ["a'b", '"a\'b"'],
    ['', ''],
    [null, ''],
    [0, '0'],
    [-1, '-1'],
  ])('writes %j as %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell)
  })

  it.each([
    ['=1+1', '"\'=1+1"'],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['+1', '"\'+1"'],
    ['-1', '"\'-1"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    [' =1', '"\' =1"'],
    ['\u00a0=1', '"\'\u00a0=1"'],
    ['＝1', '"\'＝1"'],
    // Tab and CR, which spreadsheets skip before a formula, are written out and begin none.
    ['\t=1', '"\\u{09}=1"'],
    ['\r=1', '"\\u{0d}=1"'],
    ['\n=1', '"\\u{0a}=1"'],
  ])('keeps a spreadsheet from calculating %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell)
  })

  it('writes signals as JSON in one cell, and lets no text out of it', () => {
    const cell = csvCell([{ proof: '",=1\u001b', signal: 'unknown' }])
    expect(cell).toMatch(/^"\[\{""proof/)
    const text = cell.slice(1, -1).replaceAll('""', '"')
    expect(JSON.parse(text)).toEqual([{ proof: '",=1\u001b', signal: 'unknown' }])
  })

  it('ends lines as RFC 4180 does', () => {
    expect(csvLine(['a', null, 1, 'b c'])).toBe('a,,1,b c\r\n')
  })
})
