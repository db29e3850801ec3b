import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTables } from '../../../lib/store/openTables.ts'
import { currentRevision } from '../../../lib/tenant/revisions.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testConnectionString } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import type { Members } from '../../tenants.ts'
import { runCommand, testDeployment, testTime } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

/** Applies a document from a file. */
const apply = async (document: Members | string) => {
  const folder = await temporaryFolder()
  const file = join(folder, 'tenant.json')
  await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document))
  return runCommand(['tenant', 'apply', '-f', file], testDeployment(folder))
}

describe('mayfly tenant apply', () => {
  it('puts a first configuration into force, into tables that nobody made before', async () => {
    const document = testDocument()
    expect(await apply(document)).toStrictEqual({
      text: `${document.tenant}: revision 1 is in force; it decides requests within 30 seconds`,
      json: { tenant: document.tenant, revision: 1, changed: true },
    })
    const tables = openTables({ kind: 'connectionString', connectionString: testConnectionString() })
    expect(await currentRevision(tables, parseTenantId(document.tenant))).toMatchObject({
      number: 1,
      appliedBy: 'tester@bench',
      appliedAt: testTime,
      configuration: { displayName: 'Contoso' },
    })
    expect(await tables.get('ledger20260302', { partition: 'p', row: 'r' })).toBeUndefined()
    expect(await tables.get('ledger20260316', { partition: 'p', row: 'r' })).toBeUndefined()
  })

  it('leaves a configuration that is in force already as it is', async () => {
    const document = testDocument()
    await apply(document)
    expect(await apply(document)).toStrictEqual({
      text: `${document.tenant}: revision 1 was in force already`,
      json: { tenant: document.tenant, revision: 1, changed: false },
    })
  })

  it('makes a new revision of what changed', async () => {
    const document = testDocument()
    await apply(document)
    const { json } = await apply({ ...document, displayName: 'Contoso Ltd' })
    expect(json).toStrictEqual({ tenant: document.tenant, revision: 2, changed: true })
  })

  it('refuses a marker that no issuer of the tenant may sign for', async () => {
    const document = testDocument()
    await apply(document)
    const folder = await temporaryFolder()
    await runCommand(['authority', 'init', '--tenant', document.tenant], testDeployment(folder))
    const other = { ...document, certificate: { markerOid: '2.999.1' } }
    await expect(apply(other)).toRefuse(
      'configuration-invalid',
      /certificate\.markerOid: no active issuer .* run mayfly authority stage-issuer --marker 2\.999\.1/,
    )
    expect((await apply(document)).json).toMatchObject({ revision: 1, changed: false })
  })

  it('refuses rules that no token could pass, and says which member has to be what', async () => {
    const document = await readFile('test/incidents/2026-11-28/tenant-entra-api-audience.json', 'utf8')
    await expect(apply(document)).toRefuse(
      'configuration-invalid',
      /tokenIssuers\.0\.audience: v2 tokens name the API by its application \(client\) id/,
    )
  })

  it('names the members that are wrong', async () => {
    const document = { ...testDocument(), upn: { suffixes: [] }, colour: 'red' }
    await expect(apply(document)).toRefuse(
      'configuration-invalid',
      /upn\.suffixes: .*; the document: .*colour/,
    )
  })

  it('refuses a document that is not JSON', async () => {
    await expect(apply('tenant: contoso')).toRefuse(
      'configuration-invalid',
      /tenant\.json: it is not JSON\.$/,
    )
    await expect(apply('')).toRefuse('configuration-invalid', /it is not JSON/)
  })

  it('refuses an id that is no tenant id', async () => {
    await expect(apply({ ...testDocument(), tenant: 'Contoso!' })).toRefuse(
      'configuration-invalid',
      /tenant: /,
    )
  })

  it('tells that there is no such file before it looks for the deployment', async () => {
    const file = join(await temporaryFolder(), 'none.json')
    const deployment = () => Promise.reject(new Error('Nobody asked for it.'))
    const applying = runCommand(['tenant', 'apply', '-f', file], deployment)
    await expect(applying).toRefuse('usage-wrong', /none\.json: ENOENT\.$/)
    await expect(runCommand(['tenant', 'apply'], deployment)).toRefuse('usage-wrong', /--file is missing/)
  })

  it('refuses the tokens of another tenant', async () => {
    const first = testDocument()
    await apply(first)
    await expect(apply({ ...first, tenant: testDocument().tenant })).toRefuse('token-source-claimed')
  })
})
