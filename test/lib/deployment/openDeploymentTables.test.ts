import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDeploymentTables } from '../../../lib/deployment/openDeploymentTables.ts'
import { startAzurite } from '../../../local/azurite.ts'
import { freePort } from '../../../local/freePort.ts'
import { localServerIdentity } from '../../../local/serverIdentity.ts'
import { testAccount } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Azurite over https, which reads a bearer token's claims and not its signature. */
const startSecureAzurite = async () => {
  const folder = await temporaryFolder()
  const { key, certificate, caFile } = await localServerIdentity(folder, '127.0.0.1')
  const tls = { keyFile: join(folder, 'key.pem'), certificateFile: join(folder, 'certificate.pem') }
  await writeFile(tls.keyFile, key)
  await writeFile(tls.certificateFile, certificate)
  const accounts = [testAccount(0), testAccount(1)]
  const azurite = await startAzurite({ port: await freePort(), accounts, tls })
  onTestFinished(() => azurite.stop())
  const [endpoint = '', recordsEndpoint = ''] = accounts.map(
    ({ name }) => `https://127.0.0.1:${azurite.port}/${name}`,
  )
  return { endpoint, recordsEndpoint, caFile }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token as Microsoft Entra gives one to an administrator, but for its signature. */
const storageToken = (changes: object = {}): string => {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    aud: 'https://storage.azure.com',
    iss: 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/',
    iat: now - 60,
    nbf: now - 60,
    exp: now + 600,
    ...changes,
  }
  const signature = createHash('sha256').update('nobody').digest('base64url')
  return `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}.${signature}`
}

it('opens the tables of an endpoint with a bearer token over https, and with no other', async () => {
  const { endpoint, recordsEndpoint, caFile } = await startSecureAzurite()
  const open = (token: string) => openDeploymentTables({ tables: { endpoint, standIn: { caFile, token } } })
  const tables = open(storageToken())
  await tables.create(['tenants'])
  const row = { partition: 'contoso', row: 'current', values: { revision: '1' } }
  expect(await tables.insert('tenants', row)).toBe(true)
  expect(await tables.get('tenants', row)).toMatchObject(row)
  expect(await tables.names('')).toEqual(['tenants'])
  const standIn = { caFile, token: storageToken() }
  const split = openDeploymentTables({ tables: { endpoint, recordsEndpoint, standIn } })
  await split.create(['tenants', 'ledger20260302', 'refusals20260302'])
  expect(await split.get('tenants', row)).toMatchObject(row)
  expect(await tables.names('')).toEqual(['tenants'])
  expect(await split.names('ledger')).toEqual(['ledger20260302'])
  const ended = open(storageToken({ exp: Math.floor(Date.now() / 1000) - 10 }))
  await expect(ended.get('tenants', row)).toRefuse('tables-unavailable')
  const elsewhere = open(storageToken({ aud: 'https://vault.azure.net' }))
  await expect(elsewhere.get('tenants', row)).toRefuse('tables-unavailable')
})

it('sends nothing to an endpoint whose certificate is not of the authority that the file names', async () => {
  const { endpoint } = await startSecureAzurite()
  const { caFile } = await localServerIdentity(await temporaryFolder(), '127.0.0.1')
  const tables = openDeploymentTables({ tables: { endpoint, standIn: { caFile, token: storageToken() } } })
  await expect(tables.names('')).toRefuse('tables-unavailable')
})
