import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDeadline } from '../../lib/deadline/deadline.ts'
import { SettingFault } from '../../lib/errors/settingFault.ts'
import { type Settings, partsFrom } from '../../lib/settings.ts'
import { faultyVault, vaultToken } from '../faultyVault.ts'
import { localKeys } from '../../lib/keys/localKeys.ts'
import { demoRecords } from '../../local/demoDevice.ts'
import { serveGraph } from '../../local/serveGraph.ts'
import { standInGraph } from '../../local/standInGraph.ts'
import { deviceId, directoryId, question, userId } from './directory/graphWorld.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'

const tables = { MAYFLY_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true' }
const inAzure = `https://contoso.vault.azure.net/keys/a/${'0'.repeat(32)}`

const signers = async (environment: Settings) => (await partsFrom({ ...tables, ...environment })).signerSource

/** A vault that the settings name, with a key in it. */
const standIn = async () => {
  const vault = await faultyVault()
  onTestFinished(() => vault[Symbol.asyncDispose]())
  const caFile = join(await temporaryFolder(), 'ca.pem')
  await writeFile(caFile, vault.location().ca ?? '')
  const settings = {
    MAYFLY_KEY_VAULT_HOST: vault.host,
    MAYFLY_KEY_VAULT_CA_FILE: caFile,
    MAYFLY_KEY_VAULT_TOKEN: vaultToken,
  }
  return { vault, settings, reference: await vault.keys().create('contoso.issuer-1', 'ES256') }
}

describe('partsFrom()', () => {
  it('opens local keys, and keys of a stand-in for Key Vault, each by its reference', async () => {
    const folder = await temporaryFolder()
    const { settings, reference, vault } = await standIn()
    const source = await signers({ ...settings, MAYFLY_KEY_FOLDER: folder })
    const local = await localKeys(folder).create('contoso.issuer-1', 'ES256')
    for (const one of [local, reference]) {
      const key = await source.open(one, 'ES256')
      await expect(key.probe(crypto.randomUUID())).resolves.toBeDefined()
    }
    await expect(source.open(inAzure, 'ES256')).toRefuse('signer-refused', /its host is not 127/)
    expect(vault.log.filter(({ operation }) => operation === 'sign').length).toBeGreaterThan(0)
  })

  it("takes Azure's vaults alone where no stand-in is set, and asks nobody before the first signature", async () => {
    const source = await signers({})
    await expect(source.open(inAzure, 'ES256')).resolves.toBeDefined()
    const elsewhere = inAzure.replace('contoso.vault.azure.net', '127.0.0.1:8443')
    await expect(source.open(elsewhere, 'ES256')).toRefuse('signer-refused', /not one of Azure's vaults/)
    await expect(source.open('local:a', 'ES256')).toRefuse('signer-refused', /no such keys/)
  })

  it('starts when the stand-in is down', async () => {
    const { settings, reference } = await standIn()
    const source = await signers({ ...settings, MAYFLY_KEY_VAULT_HOST: '127.0.0.1:9' })
    const key = await source.open(reference.replace(/127[^/]+/, '127.0.0.1:9'), 'ES256')
    await expect(key.probe(crypto.randomUUID())).toRefuse('signer-unavailable', /ECONNREFUSED/)
  })

  it('has no directory unless the settings name one, and asks nobody at its start', async () => {
    expect((await partsFrom(tables)).directory).toBeUndefined()
    const named = { ...tables, MAYFLY_DIRECTORY_ID: directoryId.toUpperCase() }
    const local = { MAYFLY_GRAPH_HOST: '127.0.0.1:9', MAYFLY_GRAPH_TOKEN: 'canary' }
    for (const more of [{}, { MAYFLY_GRAPH_ORIGIN: 'https://graph.microsoft.us' }, local])
      expect((await partsFrom({ ...named, ...more })).directory).toBeDefined()
  })

  it('asks the directory of a stand-in by its token', async () => {
    const records = standInGraph({
      records: async () => demoRecords([{ userId, deviceId }]),
      token: 'canary',
    })
    const graph = await serveGraph(records)
    onTestFinished(() => graph.close())
    const { directory } = await partsFrom({
      ...tables,
      MAYFLY_DIRECTORY_ID: directoryId,
      MAYFLY_GRAPH_HOST: new URL(graph.url).host,
      MAYFLY_GRAPH_TOKEN: 'canary',
    })
    const deadline = openDeadline(20_000, () => performance.now())
    const word = await directory?.lookUp(question, deadline)
    expect(word?.proofs).toEqual({ compliantDevice: 'yes', domainJoinedDevice: 'no' })
  })

  it.each<[string, Settings]>([
    ['MAYFLY_TABLES_ENDPOINT', { MAYFLY_TABLES_CONNECTION_STRING: '' }],
    ['MAYFLY_TABLES_ENDPOINT', { MAYFLY_TABLES_CONNECTION_STRING: '', MAYFLY_TABLES_ENDPOINT: 'canary' }],
    [
      'MAYFLY_TABLES_ENDPOINT',
      { MAYFLY_TABLES_CONNECTION_STRING: '', MAYFLY_TABLES_ENDPOINT: 'http://canary' },
    ],
    ['MAYFLY_TABLES_CONNECTION_STRING', { MAYFLY_TABLES_CONNECTION_STRING: 'canary' }],
    [
      'MAYFLY_TABLES_CONNECTION_STRING',
      { MAYFLY_TABLES_CONNECTION_STRING: 'AccountName=canary;AccountKey=b' },
    ],
    ['MAYFLY_RECORDS_ENDPOINT', { MAYFLY_RECORDS_ENDPOINT: 'canary' }],
    ['MAYFLY_ROLE', { MAYFLY_ROLE: 'canary' }],
    ['MAYFLY_REQUEST_SECONDS', { MAYFLY_REQUEST_SECONDS: 'canary' }],
    ['MAYFLY_COUNTRIES_FILE', { MAYFLY_COUNTRIES_FILE: 'canary' }],
    ['MAYFLY_CLIENT_IP', { MAYFLY_CLIENT_IP: 'canary' }],
    ['MAYFLY_KEY_VAULT_HOST', { MAYFLY_KEY_VAULT_HOST: 'https://canary' }],
    ['MAYFLY_KEY_VAULT_TOKEN', { MAYFLY_KEY_VAULT_HOST: 'canary:1' }],
    ['MAYFLY_KEY_VAULT_CA_FILE', { MAYFLY_KEY_VAULT_HOST: 'canary:1', MAYFLY_KEY_VAULT_TOKEN: 'canary' }],
    ['MAYFLY_DIRECTORY_ID', { MAYFLY_DIRECTORY_ID: 'canary' }],
    ...(
      [
        ['MAYFLY_GRAPH_ORIGIN', { MAYFLY_GRAPH_ORIGIN: 'https://canary.example' }],
        ['MAYFLY_GRAPH_HOST', { MAYFLY_GRAPH_HOST: 'canary:443', MAYFLY_GRAPH_TOKEN: 'canary' }],
        ['MAYFLY_GRAPH_TOKEN', { MAYFLY_GRAPH_HOST: '127.0.0.1:9' }],
      ] as const
    ).map(([setting, more]): [string, Settings] => [setting, { MAYFLY_DIRECTORY_ID: directoryId, ...more }]),
    ['MAYFLY_TELEMETRY', { MAYFLY_TELEMETRY: 'canary' }],
    ['APPLICATIONINSIGHTS_CONNECTION_STRING', { MAYFLY_TELEMETRY: 'azure' }],
    [
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      { MAYFLY_TELEMETRY: 'azure', APPLICATIONINSIGHTS_CONNECTION_STRING: 'canary' },
    ],
    ['OTEL_METRIC_EXPORT_INTERVAL', { MAYFLY_TELEMETRY: 'console', OTEL_METRIC_EXPORT_INTERVAL: 'canary' }],
  ])('names %s and not its value in %j', async (setting, environment) => {
    const error: unknown = await partsFrom({ ...tables, ...environment }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SettingFault)
    expect(error).toMatchObject({ setting, message: expect.not.stringContaining('canary') as string })
  })
})
