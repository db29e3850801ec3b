import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { localDeploymentFile, readDeployment } from '../../../lib/deployment/deployment.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const least = {
  service: { url: 'http://127.0.0.1:7071' },
  tables: { connectionString: 'AccountKey=canary' },
  keys: { folder: '/srv/keys' },
}

const demo = { url: 'http://127.0.0.1:7072', clientId: 'mayfly-demo', clientSecret: 'canary' }

const vault = { rootUrl: 'https://roots.vault.azure.net', issuerUrl: 'https://issuers.vault.azure.net' }
const standIn = { caFile: '/srv/ca.pem', token: 'canary' }

/** Writes a deployment file. */
const fileOf = async (content: unknown): Promise<string> => {
  const file = join(await temporaryFolder(), 'deployment.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

describe('readDeployment()', () => {
  it.each([
    least,
    { ...least, tokenIssuer: demo },
    {
      ...least,
      directoryId: '7f5fc9a4-4dc6-4bfa-8fa5-b3a1f1d1c8a2',
      appPrincipalId: '7f5fc9a4-4dc6-4bfa-8fa5-b3a1f1d1c8a3',
    },
    { ...least, keys: { vault } },
    { ...least, keys: { folder: '/srv/keys', vault: { ...vault, hsm: true, standIn } } },
    { ...least, service: { url: 'https://vpn-ca.contoso.example', caFile: '/srv/ca.pem' } },
    { ...least, tables: { endpoint: 'https://contosovpn.table.core.windows.net' } },
    { ...least, tables: { endpoint: 'https://contosovpn.table.core.usgovcloudapi.net/' } },
    { ...least, tables: { endpoint: 'https://contosovpn.z28.table.storage.azure.net' } },
    {
      ...least,
      tables: {
        endpoint: 'https://contosocfg.table.core.windows.net',
        recordsEndpoint: 'https://contosorec.table.core.windows.net',
      },
    },
    { ...least, tables: { endpoint: 'https://127.0.0.1:10002/contosovpn', standIn } },
  ])('reads %j', async (document) => {
    expect(await readDeployment(await fileOf(document))).toEqual(document)
  })

  it('looks for the one called local beneath the folder it runs in', async () => {
    expect(localDeploymentFile).toBe(join('.mayfly', 'local.json'))
  })

  it('tells that the file does not exist', async () => {
    const file = join(await temporaryFolder(), 'none.json')
    await expect(readDeployment(file)).toRefuse('deployment-unknown', /none\.json does not exist\.$/)
  })

  it('tells why the file cannot be read', async () => {
    await expect(readDeployment(await temporaryFolder())).toRefuse(
      'deployment-unknown',
      /cannot be read \(EISDIR\)/,
    )
  })

  it.each(['', '{', 'AccountKey=canary'])(
    'tells that "%s" is not JSON, without repeating it',
    async (content) => {
      const reading = readDeployment(await fileOf(content))
      await expect(reading).toRefuse('deployment-unknown', /^(?!.*canary).* is not JSON\.$/)
    },
  )

  it('reads a file after a byte order mark, and names UTF-16', async () => {
    expect(await readDeployment(await fileOf(`\uFEFF${JSON.stringify(least)}`))).toEqual(least)
    const utf16 = await fileOf(JSON.stringify(least).replaceAll(/./g, '$&\0'))
    await expect(readDeployment(utf16)).toRefuse('deployment-unknown', / is UTF-16: use Out-File /)
  })

  it('tells that two members have one name, of which others might read the other', async () => {
    const twice = JSON.stringify(least).replace('{', '{"keys":{"folder":"/canary"},')
    const reading = readDeployment(await fileOf(twice))
    await expect(reading).toRefuse('deployment-unknown', /^(?!.*canary).* has two members of one name\.$/)
  })

  it.each([
    ['null', 'it is not an object'],
    ['5', 'it is not an object'],
    ['[]', 'it is not an object'],
    ['{}', 'service is missing'],
    [{ ...least, canary: 1 }, 'canary is no member of a deployment'],
    [{ ...least, service: {} }, 'service.url is missing'],
    [{ ...least, service: { url: 1 } }, 'service.url is not a text'],
    [{ ...least, service: { url: 'http://127.0.0.1:7071', caFile: 5 } }, 'service.caFile is not a text'],
    [{ ...least, tables: undefined }, 'tables is missing'],
    [{ ...least, tables: null }, 'tables is not an object'],
    [{ ...least, tables: {} }, 'tables has neither an endpoint nor a connectionString'],
    [{ ...least, tables: { connectionString: {} } }, 'tables.connectionString is not a text'],
    [
      { ...least, tables: { connectionString: 'x', endpoint: 'https://contosovpn.table.core.windows.net' } },
      'tables.endpoint is no member of a deployment',
    ],
    [{ ...least, tables: { endpoint: 5 } }, 'tables.endpoint is not a text'],
    [
      {
        ...least,
        tables: { endpoint: 'https://127.0.0.1:10002/contosovpn', standIn: { caFile: '/ca.pem' } },
      },
      'tables.standIn.token is missing',
    ],
    [{ ...least, directoryId: 'contoso' }, 'directoryId is not a UUID in lower case'],
    [{ ...least, keys: {} }, 'keys has neither a vault nor a folder'],
    [{ ...least, keys: null }, 'keys is not an object'],
    [{ ...least, keys: { folder: 5, vault } }, 'keys.folder is not a text'],
    [{ ...least, keys: { vault: null } }, 'keys.vault is not an object'],
    [{ ...least, keys: { vault: { issuerUrl: vault.issuerUrl } } }, 'keys.vault.rootUrl is missing'],
    [
      { ...least, keys: { vault: { ...vault, rootUrl: 'roots.vault.azure.net' } } },
      'keys.vault.rootUrl is not https://NAME.vault.azure.net',
    ],
    [{ ...least, keys: { vault: { ...vault, hsm: 'yes' } } }, 'keys.vault.hsm is neither true nor false'],
    [
      { ...least, keys: { vault: { ...vault, standIn: { token: 'canary' } } } },
      'keys.vault.standIn.caFile is missing',
    ],
    [{ ...least, tokenIssuer: null }, 'tokenIssuer is not an object'],
    [{ ...least, tokenIssuer: { ...demo, clientSecret: undefined } }, 'tokenIssuer.clientSecret is missing'],
  ])('tells of %j which member is wrong', async (content, fault) => {
    const file = await fileOf(content)
    const detail = `Cannot use the deployment ${file}: ${file} does not describe a deployment: ${fault}.`
    await expect(readDeployment(file)).rejects.toMatchObject({ code: 'deployment-unknown', detail })
  })

  it.each([
    'http://contosovpn.table.core.windows.net',
    'https://contosovpn.table.core.windows.net:8443',
    'https://canary@contosovpn.table.core.windows.net',
    'https://contosovpn.table.core.windows.net/?sig=canary',
    'https://contosovpn.table.core.windows.net/tenants',
    'https://contosovpn.table.core.windows.net.attacker.example',
    'https://attacker.example/contosovpn.table.core.windows.net',
    'https://contosovpn.blob.core.windows.net',
    'https://CONTOSOVPN.table.core.windows.net',
    'https://127.0.0.1:10002/contosovpn',
  ])('takes %s for no endpoint of tables in Azure', async (endpoint) => {
    const reading = readDeployment(await fileOf({ ...least, tables: { endpoint } }))
    await expect(reading).toRefuse(
      'deployment-unknown',
      /^(?!.*canary).*: tables\.endpoint is not https:\/\/ACCOUNT\.table\.core\.windows\.net\.$/,
    )
  })

  it.each(['https://contosovpn.table.core.windows.net', 'http://127.0.0.1:10002/contosovpn'])(
    'takes %s for no endpoint of a stand-in',
    async (endpoint) => {
      const reading = readDeployment(await fileOf({ ...least, tables: { endpoint, standIn } }))
      await expect(reading).toRefuse('deployment-unknown', /: tables\.endpoint is not https:\/\/127\.0\.0\.1/)
    },
  )
})
