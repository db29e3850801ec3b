import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { signedInCredential } from '../../../lib/deployment/developerCredential.ts'
import { openDeploymentTables } from '../../../lib/deployment/openDeploymentTables.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Only the Azure CLI is asked: other sources would ask the network first. */
beforeEach(() => vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCliCredential'))

afterEach(() => vi.unstubAllEnvs())

/** A folder on the path with a program `az` that does this. */
const withAzureCli = async (script: string): Promise<string> => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'az'), `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter))
  return folder
}

const endpoint = 'https://contosovpn.table.core.windows.net'

// The program stands in for one that Windows starts through a shell of its own.
describe.skipIf(process.platform === 'win32')('signedInCredential()', () => {
  it('takes the token that the Azure CLI gives to whoever is signed in, once while it lasts', async () => {
    const folder = await withAzureCli(
      `echo "$@" >> "$(dirname "$0")/asked"\necho '{"accessToken":"canary","expires_on":4000000000,"tenant":"t"}'`,
    )
    const scope = 'https://storage.azure.com/.default'
    const credential = signedInCredential()
    for (const scopes of [scope, [scope]])
      expect(await credential.getToken(scopes)).toMatchObject({ token: 'canary' })
    const asked = await readFile(join(folder, 'asked'), 'utf8')
    expect(asked).toBe('account get-access-token --output json --resource https://storage.azure.com\n')
  })

  it('refuses when nobody is signed in, and so do tables in Azure', async () => {
    await withAzureCli(`echo "Please run 'az login' to setup account." >&2; exit 1`)
    const tables = openDeploymentTables({ tables: { endpoint } })
    await expect(tables.names('')).toRefuse('sign-in-needed', /^Cannot sign in to Azure: /)
  })
})
