import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../cli/commandLine/exitCodes.ts'
import { currentRevision } from '../../../lib/tenant/revision.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { tablesOfFile } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { memoryTables } from '../../memoryTables.ts'
import { policyDocument } from '../../policies.ts'
import type { Members } from '../../tenants.ts'
import { runCommand, testDeployment, testTime } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

/** Applies a document from a file. */
const apply = async (document: Members | string, options: string = '', answer = false) => {
  const folder = await temporaryFolder()
  const file = join(folder, 'tenant.json')
  await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document))
  const words = options.split(' ').filter((word) => word !== '')
  return runCommand(['tenant', 'apply', '-f', file, ...words], testDeployment(folder), { answer })
}

describe('mayfly tenant apply', () => {
  it('puts a first configuration into force, into tables that nobody made before', async () => {
    const document = testDocument()
    expect(await apply(document)).toStrictEqual({
      text: `${document.tenant}: revision 1 is in force; it decides requests within 30 seconds`,
      json: { tenant: document.tenant, revision: 1, changed: true, differences: [], effects: [] },
    })
    const tables = tablesOfFile()
    expect(await currentRevision(tables, parseTenantId(document.tenant))).toMatchObject({
      number: 1,
      appliedBy: { kind: 'local', name: 'tester@bench' },
      appliedAt: testTime,
      configuration: { displayName: 'Contoso' },
    })
    expect(await tables.get('ledger20260302', { partition: 'p', row: 'r' })).toBeUndefined()
    expect(await tables.get('ledger20260316', { partition: 'p', row: 'r' })).toBeUndefined()
  })

  it('reads a document after a byte order mark', async () => {
    const file = new URL('../../incidents/2026-11-28/tenant-bom.json', import.meta.url)
    const { json } = await apply(await readFile(file, 'utf8'))
    expect(json).toMatchObject({ tenant: 'fabrikam' })
  })

  it('refuses a directory that the deployment cannot ask', async () => {
    const [trust = {}] = testDocument()['tokenIssuers'] as readonly Members[]
    const directory = {
      kind: 'entra',
      directoryId: 'c2a1b0d9-0000-4000-8000-00000000aa01',
      userIdClaim: 'oid',
    }
    const document = testDocument({
      tokenIssuers: [{ ...trust, deviceIdClaim: 'device_id' }],
      evidence: { directory },
    })
    await expect(apply(document)).toRefuse('configuration-invalid', /evidence\.directory\.directoryId: /)
  })

  it('leaves a configuration that is in force already as it is', async () => {
    const document = testDocument()
    await apply(document)
    expect(await apply(document)).toStrictEqual({
      text: `${document.tenant}: revision 1 was in force already`,
      json: { tenant: document.tenant, revision: 1, changed: false, differences: [], effects: [] },
    })
  })

  it('makes a new revision of what changed', async () => {
    const document = testDocument()
    await apply(document)
    const { text, json } = await apply({ ...document, displayName: 'Contoso Ltd' }, '--base 1 --yes')
    expect(json).toStrictEqual({
      tenant: document.tenant,
      revision: 2,
      changed: true,
      differences: [{ path: 'displayName', before: 'Contoso', after: 'Contoso Ltd' }],
      effects: [],
    })
    expect(text.split('\n').slice(1)).toEqual(['  displayName', '    - "Contoso"', '    + "Contoso Ltd"'])
  })

  it('asks before it changes a tenant, and shows what', async () => {
    const document = { ...testDocument(), displayName: 'A' }
    await apply(document)
    const change = { ...document, displayName: 'B' }
    const refused = apply(change, '--base 1')
    await expect(refused).toRefuse('confirmation-needed')
    expect(exitCodeOf(await refused.catch((error: unknown) => error))).toBe(2)
    expect((await apply(document)).json).toMatchObject({ revision: 1, changed: false })
    expect((await apply(change, '--base 1', true)).json).toMatchObject({ revision: 2, changed: true })
  })

  it.each([
    ['does not say its base', '', /revision 2 is in force. Start from .* --base 2\./],
    ['says a stale one', '--base 1', /it changes revision 1, and revision 2 is in force/],
    ['says one that is to come', '--base 3', /it changes revision 3/],
    ['is for a new tenant', '--base 0', /it changes no revision, and revision 2 is in force/],
  ])("does not take back a colleague's change with a document that %s", async (_, base, why) => {
    const document = testDocument()
    await apply(document)
    await apply({ ...document, displayName: "the colleague's" }, '--base 1 --yes')
    const mine = { ...document, upn: { suffixes: ['mine.example'] } }
    await expect(apply(mine, `${base} --yes`)).toRefuse('configuration-conflict', why)
    const { json } = await apply(mine, '--replace --yes --reason merged')
    expect(json).toMatchObject({ revision: 3, changed: true })
    const shown = await runCommand(['tenant', 'show', '--tenant', document.tenant], testDeployment('.'))
    expect(shown.json).toMatchObject({
      reason: 'merged',
      forced: ['replaced the revision in force, whichever it was'],
      configuration: { displayName: 'Contoso' },
    })
  })

  it('takes what tenant show --json printed, edited, once', async () => {
    const document = testDocument()
    await apply(document)
    const show = () => runCommand(['tenant', 'show', '--tenant', document.tenant], testDeployment('.'))
    const { json } = (await show()) as { readonly json: { readonly configuration: Members } }
    const edited = (displayName: string) => ({
      ...json,
      configuration: { ...json.configuration, displayName },
    })
    expect((await apply(edited('B'), '--yes')).json).toMatchObject({ revision: 2, changed: true })
    await expect(apply(edited('C'), '--yes')).toRefuse('configuration-conflict', /it changes revision 1/)
    expect((await apply(edited('B'), '--yes')).json).toMatchObject({ revision: 2, changed: false })
  })

  it.each([
    [{ colour: 'red' }, 'configuration-invalid', /tenant show does not tell/],
    [{ revision: '1' }, 'configuration-invalid', /revision: /],
    [{ revision: 0 }, 'configuration-invalid', /revision: /],
    [{ tenant: 'other' }, 'configuration-invalid', /tenant: /],
  ] as const)('refuses what tenant show never printed: %j', async (changes, code, why) => {
    const configuration = testDocument()
    const shown = { tenant: configuration.tenant, revision: 1, configuration, ...changes }
    await expect(apply(shown)).toRefuse(code, why)
  })

  it.each(['--base 2 --replace', '--base=', '--base -1', '--base x', '--base 1.5', '--reason='])(
    'refuses %s',
    async (options) => {
      await expect(async () => apply(testDocument(), options)).toRefuse('usage-wrong')
    },
  )

  it('changes nothing with --dry-run, which meets what applying would meet', async () => {
    const document = testDocument()
    const first = await apply(document, '--dry-run')
    expect(first.text).toBe(`${document.tenant}: a new tenant\nnothing was changed`)
    expect(first.json).toMatchObject({ revision: 0, changed: false, baseNeeded: false })
    const { tenant } = document
    const show = () => runCommand(['tenant', 'show', '--tenant', tenant], testDeployment('.'))
    await expect(show()).toRefuse('tenant-unknown')
    await apply(document)
    const wide = Array.from({ length: 9 }, (_, index) => `branch-office-${index}.contoso.example`)
    const change = { ...document, upn: { suffixes: ['contoso.example', ...wide] } }
    const { text, json } = await apply(change, '--dry-run')
    expect(json).toMatchObject({ revision: 1, changed: false, baseNeeded: true })
    expect(text).toContain('\n  upn.suffixes[1]\n    + "branch-office-0.contoso.example"\n')
    expect(text).toMatch(/\nthe document does not say .* --base 1\nnothing was changed$/)
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    await expect(apply(change, '--dry-run --base 2')).toRefuse('configuration-conflict')
    const foreign = { ...testDocument(), tokenIssuers: document['tokenIssuers'] }
    await expect(apply(foreign, '--dry-run')).toRefuse('token-source-claimed')
    expect((await show()).json).toMatchObject({ revision: 1 })
  })

  it('holds a document against itself with --dry-run, where there are no tables yet', async () => {
    const tables = memoryTables()
    const path = join(await temporaryFolder(), 'document.json')
    const dryRun = async (policies: readonly Members[]) => {
      await writeFile(path, JSON.stringify({ configuration: testDocument(), policies }))
      const words = ['tenant', 'apply', '-f', path, '--dry-run']
      return runCommand(words, testDeployment('.'), { watchTables: () => tables })
    }
    expect((await dryRun([policyDocument('A')])).text).toMatch(/: a new tenant\nnothing was changed$/)
    const risk = policyDocument('A', { conditions: { signInRiskLevels: ['high'] } })
    await expect(dryRun([risk])).toRefuse('policies-invalid', /map `signals\.signInRisk`/)
    expect(await tables.names('')).toEqual([])
  })

  it('refuses a marker that no issuer of the tenant may sign for', async () => {
    const document = testDocument()
    await apply(document)
    const folder = await temporaryFolder()
    await runCommand(['authority', 'init', '--tenant', document.tenant], testDeployment(folder))
    const other = { ...document, certificate: { markerOid: '1.3.6.1.4.1.99999.1' } }
    await expect(apply(other, '--base 1 --yes')).toRefuse(
      'configuration-invalid',
      /certificate\.markerOid: no active issuer .* run mayfly authority stage-issuer --marker 1\.3\.6\.1\.4\.1\.99999\.1/,
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
    await expect(apply('')).toRefuse('configuration-invalid', /it is empty/)
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
