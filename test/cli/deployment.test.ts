import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { localDeploymentFile, readDeployment } from '../../cli/deployment.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'

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
    { ...least, keys: { vault } },
    { ...least, keys: { folder: '/srv/keys', vault: { ...vault, hsm: true, standIn } } },
    { ...least, service: { url: 'https://vpn-ca.contoso.example', caFile: '/srv/ca.pem' } },
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

  it('tells that two members have one name, of which others might read the other', async () => {
    const twice = JSON.stringify(least).replace('{', '{"keys":{"folder":"/canary"},')
    const reading = readDeployment(await fileOf(twice))
    await expect(reading).toRefuse('deployment-unknown', /^(?!.*canary).* has two members of one name\.$/)
  })

  it.each([
    'null',
    '5',
    '[]',
    '{}',
    { ...least, service: undefined },
    { ...least, service: {} },
    { ...least, service: { url: 1 } },
    { ...least, service: { url: 'http://127.0.0.1:7071', caFile: 5 } },
    { ...least, tables: null },
    { ...least, tables: { connectionString: {} } },
    { ...least, keys: {} },
    { ...least, keys: null },
    { ...least, keys: { folder: 5, vault } },
    { ...least, keys: { vault: null } },
    { ...least, keys: { vault: { issuerUrl: vault.issuerUrl } } },
    { ...least, keys: { vault: { ...vault, hsm: 'yes' } } },
    { ...least, keys: { vault: { ...vault, standIn: { token: 'canary' } } } },
    { ...least, tokenIssuer: null },
    { ...least, tokenIssuer: { ...demo, clientSecret: undefined } },
  ])('tells that %j describes no deployment', async (content) => {
    const reading = readDeployment(await fileOf(content))
    await expect(reading).toRefuse('deployment-unknown', /^(?!.*canary).* does not describe a deployment\.$/)
  })
})
