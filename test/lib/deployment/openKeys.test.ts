import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeysLocation } from '../../../lib/deployment/deployment.ts'
import { openKeys } from '../../../lib/deployment/openKeys.ts'
import { asTold } from '../../../cli/runCommandLine.ts'
import { localServerIdentity } from '../../../local/serverIdentity.ts'
import { writeFile } from 'node:fs/promises'
import { type FaultyVault, faultyVault, vaultToken } from '../../faultyVault.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

let vault: FaultyVault

beforeAll(async () => {
  vault = await faultyVault()
})

afterAll(() => vault[Symbol.asyncDispose]())

const azure = { rootUrl: 'https://roots.vault.azure.net', issuerUrl: 'https://issuers.vault.azure.net' }

/** A deployment whose vault is the stand-in, and which has local keys as well. */
const both = async (): Promise<{ keys: KeysLocation & { folder: string } }> => {
  const folder = await temporaryFolder()
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, vault.location().ca ?? '')
  const standIn = { caFile, token: vaultToken }
  return { keys: { folder, vault: { rootUrl: vault.url, issuerUrl: vault.url, standIn } } }
}

describe('openKeys()', () => {
  it('makes keys in the folder of a deployment that has no vault', async () => {
    const keys = openKeys({ keys: { folder: await temporaryFolder() } }, { kind: 'root' })
    expect(await keys.create('contoso.root-1', 'ES256')).toBe('local:contoso.root-1')
    await expect(keys.open(`https://roots.vault.azure.net/keys/a/${'0'.repeat(32)}`)).toRefuse(
      'signer-refused',
      /no such keys/,
    )
  })

  it('makes keys in the vault of a deployment that has one, and still opens those of its folder', async () => {
    const { keys } = await both()
    const local = openKeys({ keys: { folder: keys.folder } }, { kind: 'issuer' })
    const older = await local.create('contoso.issuer-1', 'ES256')
    const mixed = openKeys({ keys }, { kind: 'issuer' })
    const newer = await mixed.create('contoso.issuer-2', 'ES256')
    expect(newer).toMatch(new RegExp(`^${vault.url}/keys/contoso--issuer-2/`))
    for (const reference of [older, newer]) {
      const signer = await mixed.open(reference)
      await expect(signer.probe(crypto.randomUUID())).resolves.toBeDefined()
    }
    expect([mixed.holds(newer), mixed.holds(older)]).toEqual([true, false])
  })

  it.each([
    ['the same', azure.rootUrl],
    ['another case', 'https://Roots.Vault.azure.net'],
    ['a slash at its end', `${azure.rootUrl}/`],
    ['the port of https', `${azure.rootUrl}:443`],
    ['a dot at its end', `${azure.rootUrl}.`],
  ])('refuses one vault for roots and issuers: %s', (_, url) => {
    const shared = { keys: { vault: { ...azure, issuerUrl: url } } }
    for (const kind of ['root', 'issuer'] as const)
      expect(() => openKeys(shared, { kind })).toRefuse('vaults-shared', /could sign with roots/)
    expect(() => openKeys({ keys: { vault: azure } }, { kind: 'issuer', vault: url })).toRefuse(
      'vaults-shared',
    )
  })

  it('makes roots in one vault and issuers in another, unless the command names one', () => {
    const heldBy = (kind: 'root' | 'issuer', named?: string) => {
      const keys = openKeys({ keys: { vault: azure } }, { kind, vault: named })
      return ['roots', 'issuers', 'more'].filter((one) =>
        keys.holds(`https://${one}.vault.azure.net/keys/a/${'0'.repeat(32)}`),
      )
    }
    expect([heldBy('root'), heldBy('issuer')]).toEqual([['roots'], ['issuers']])
    expect(heldBy('issuer', 'https://more.vault.azure.net')).toEqual(['more'])
  })

  it.each(['http://more.vault.azure.net', 'https://more.example', 'more'])(
    'refuses the vault %s',
    (named) => {
      const keys = { vault: azure }
      expect(() => openKeys({ keys }, { kind: 'issuer', vault: named })).toRefuse('signer-refused')
    },
  )

  it('keeps the token of a stand-in from every other vault', async () => {
    const { keys } = await both()
    const named = azure.issuerUrl
    expect(() => openKeys({ keys }, { kind: 'issuer', vault: named })).toRefuse('signer-refused')
  })

  it('tells a vault whose server is not trusted from one that is out', async () => {
    const { keys } = await both()
    const { caFile } = await localServerIdentity(join(keys.folder, 'other'), '127.0.0.1')
    const standIn = { caFile, token: vaultToken }
    const strange = { vault: { rootUrl: vault.url, issuerUrl: vault.url, standIn } }
    const making = openKeys({ keys: strange }, { kind: 'root' }).create('contoso.root-2', 'ES256')
    const told = making.catch((error: unknown) => Promise.reject(asTold(error)))
    await expect(told).toRefuse('service-untrusted', /not trusted here/)
  })

  it('refuses a deployment that has no place for keys', () => {
    expect(() => openKeys({ keys: {} }, { kind: 'root' })).toRefuse('deployment-unknown', /root keys/)
  })
})
