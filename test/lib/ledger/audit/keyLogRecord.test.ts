import { describe, expect, it } from 'vitest'
import { parseLoggedKey, readKeyLogRecord } from '../../../../lib/ledger/audit/keyLogRecord.ts'

const id = '5a7d0f3e-2f8a-4f5b-9d0c-0a1b2c3d4e5f'
const version = '0123456789abcdef0123456789abcdef'
const keyId = `https://contoso.vault.azure.net/keys/contoso--issuer-1-es256/${version}`
const requestUri = `${keyId}/sign?api-version=7.6`

/** Of a storage account, container insights-logs-auditevent. */
const blob = {
  time: '2026-03-02T10:00:00.2691226Z',
  resourceId: '/SUBSCRIPTIONS/0/RESOURCEGROUPS/CONTOSO/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/CONTOSO',
  operationName: 'KeySign',
  operationVersion: '7.6',
  category: 'AuditEvent',
  resultType: 'Success',
  resultSignature: 'OK',
  resultDescription: '',
  durationMs: '12',
  callerIpAddress: '203.0.113.7',
  correlationId: id,
  identity: {
    claim: { appid: 'app-1', 'http://schemas.microsoft.com/identity/claims/objectidentifier': 'o' },
  },
  properties: { clientInfo: 'azsdk-js-keyvault-keys', requestUri, id: keyId, httpStatusCode: 200 },
}

/** Of the table AzureDiagnostics, as `az monitor log-analytics query` prints it: every value as text. */
const diagnostics = {
  TableName: 'PrimaryResult',
  TimeGenerated: '2026-03-02T10:00:00.269Z',
  Category: 'AuditEvent',
  OperationName: 'KeySign',
  ResultType: 'Success',
  ResultSignature: 'OK',
  CallerIPAddress: '203.0.113.7',
  CorrelationId: id,
  identity_claim_appid_g: 'app-1',
  httpStatusCode_d: '200.0',
  requestUri_s: requestUri,
  id_s: keyId,
}

/** Of the table AZKVAuditLogs; dynamic columns come as JSON text. */
const dedicated = {
  TimeGenerated: '2026-03-02T10:00:00.2691226Z',
  OperationName: 'KeySign',
  ResultType: 'Success',
  ResultSignature: 'OK',
  HttpStatusCode: 200,
  CallerIpAddress: '203.0.113.7',
  CorrelationId: id,
  Identity: '{"claim":{"appid":"app-1"}}',
  Id: keyId,
  RequestUri: requestUri,
  Type: 'AZKVAuditLogs',
}

const forms = [
  ['storage', blob],
  ['AzureDiagnostics', diagnostics],
  ['AZKVAuditLogs', dedicated],
] as const

describe('readKeyLogRecord()', () => {
  it.each(forms)('reads a signature of %s', (_, record) => {
    const read = readKeyLogRecord(record)
    expect(read.kind === 'signature' && read.signature).toMatchObject({
      key: 'contoso.vault.azure.net/contoso--issuer-1-es256',
      version,
      at: new Date('2026-03-02T10:00:00.269Z'),
      correlationId: id,
      caller: 'application app-1 from 203.0.113.7',
    })
  })

  it.each(forms)('reads other operations of %s', (_, record) => {
    const name = 'operationName' in record ? 'operationName' : 'OperationName'
    for (const operation of ['KeyGet', 'VaultGet', 'Authentication', 'KeySignX'])
      expect(readKeyLogRecord({ ...record, [name]: operation }).kind).toBe('other operation')
    expect(readKeyLogRecord({ ...record, [name]: 'keysign' }).kind).toBe('signature')
  })

  it.each([
    { ...blob, properties: { ...blob.properties, httpStatusCode: 403 } },
    { ...blob, properties: { ...blob.properties, httpStatusCode: '429' } },
    { ...blob, properties: { requestUri }, resultType: 'Failed' },
    { ...diagnostics, httpStatusCode_d: '500.0' },
    { ...dedicated, HttpStatusCode: 401 },
  ])('knows what failed', (record) => expect(readKeyLogRecord(record).kind).toBe('failed'))

  it('believes the status before the word', () => {
    expect(readKeyLogRecord({ ...blob, resultType: 'Failed' }).kind).toBe('signature')
    const { HttpStatusCode: _, ...silent } = dedicated
    expect(readKeyLogRecord(silent).kind).toBe('signature')
  })

  it('takes the key from the request where there is no id, and from the id where there is no request', () => {
    const keyOf = (record: object) => {
      const read = readKeyLogRecord(record)
      return read.kind === 'signature' ? read.signature : undefined
    }
    expect(keyOf({ ...blob, properties: { requestUri, httpStatusCode: 200 } })).toMatchObject({ version })
    expect(keyOf({ ...blob, properties: { id: keyId, httpStatusCode: 200 } })).toMatchObject({ version })
    const unversioned = requestUri.replace(`/${version}`, '/')
    const both = { ...blob, properties: { requestUri: unversioned, id: keyId, httpStatusCode: 200 } }
    expect(keyOf(both)).toMatchObject({ version })
    const newest = { ...blob, properties: { requestUri: unversioned, httpStatusCode: 200 } }
    expect(keyOf(newest)).toMatchObject({
      key: 'contoso.vault.azure.net/contoso--issuer-1-es256',
      version: '',
    })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'KeySign'],
    ['a list', [blob]],
    ['no operation', { ...blob, operationName: '' }],
    ['no time', { ...blob, time: undefined }],
    ['a time without a zone', { ...blob, time: '2026-03-02T10:00:00' }],
    ['a time that is none', { ...blob, time: '2026-13-02T10:00:00Z' }],
    ['no result', { ...blob, resultType: '', properties: { requestUri } }],
    ['no key', { ...blob, properties: { httpStatusCode: 200 } }],
    [
      'a request for another key than the one that signed',
      { ...blob, properties: { ...blob.properties, id: keyId.replace('issuer-1', 'issuer-2') } },
    ],
    ['two members of one name', { ...blob, OperationName: 'KeyGet' }],
    ['properties that are no JSON', { ...blob, properties: '{', resultType: 'Success' }],
  ])('does not guess at %s', (_, record) =>
    expect(readKeyLogRecord(record)).toEqual({ kind: 'not understood' }),
  )

  it('takes a signature without an id for one', () => {
    const read = readKeyLogRecord({ ...blob, correlationId: '' })
    expect(read.kind === 'signature' && read.signature.correlationId).toBe('')
  })

  it('names a person before the application, and nobody when it knows nobody', () => {
    const callerOf = (identity: unknown) => {
      const read = readKeyLogRecord({ ...blob, identity, callerIpAddress: '' })
      return read.kind === 'signature' && read.signature.caller
    }
    const upn = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn'
    expect(callerOf({ claim: { appid: 'a', [upn]: 'eve@contoso.example' } })).toBe(
      'eve@contoso.example from unknown',
    )
    expect(callerOf(undefined)).toBe('unknown from unknown')
  })
})

describe('parseLoggedKey()', () => {
  it.each([
    'local:contoso.issuer-1',
    'offline:',
    '',
    'https://contoso.vault.azure.net/secrets/a/b',
    'http://a/keys/b',
  ])('does not know %j', (url) => expect(parseLoggedKey(url)).toBeUndefined())
})
