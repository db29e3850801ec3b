import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeyProvider } from '../../../lib/keys/signer.ts'
import { type FaultyVault, faultyVault, vaultToken } from '../../faultyVault.ts'
import { testTables } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

let roots: FaultyVault
let issuers: FaultyVault

beforeAll(async () => {
  await testTables()
  roots = await faultyVault()
  issuers = await faultyVault()
})

afterAll(async () => {
  await roots[Symbol.asyncDispose]()
  await issuers[Symbol.asyncDispose]()
})

/** A tenant whose keys are all in one vault, where an administrator made these before. */
const withVault = async (vault: FaultyVault = roots) => {
  const folder = await temporaryFolder()
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, vault.location().ca ?? '')
  const standIn = { caFile, token: vaultToken }
  const keys = { vault: { rootUrl: vault.url, issuerUrl: vault.url, standIn } }
  const deployment = testDeployment(folder, { keys })
  const document = testDocument()
  const file = join(folder, 'tenant.json')
  await writeFile(file, JSON.stringify(document))
  await runCommand(['tenant', 'apply', '-f', file], deployment)
  const { tenant } = document
  const provider: KeyProvider = vault.keys()
  return {
    tenant,
    make: (what: string, algorithm: 'ES256' | 'ES384' = 'ES256') =>
      provider.create(`${what}-${tenant.slice(-12)}`, algorithm),
    init: (...more: readonly string[]) =>
      runCommand(['authority', 'init', '--tenant', tenant, ...more], deployment),
  }
}

const created = ({ log }: FaultyVault) => log.filter(({ operation }) => operation === 'create').length

describe('mayfly authority init with keys that exist', () => {
  it('makes the authority with them, makes no key, and is run again with the same ones', async () => {
    const { make, init } = await withVault()
    const [root, standby, issuer] = [await make('root'), await make('standby'), await make('issuer')]
    const named = ['--root-key', root, '--standby-key', standby, '--issuer-key', issuer]
    const before = created(roots)
    expect((await init(...named, '--dry-run')).json).toMatchObject({ created: false, generations: [] })
    const made = await init(...named)
    expect(made.json).toMatchObject({
      created: true,
      generations: [
        { id: 'issuer~0001', keyReference: issuer },
        { id: 'root~0001', keyReference: root },
        { id: 'root~0002', keyReference: standby },
      ],
    })
    expect(created(roots)).toBe(before)
    expect((await init(...named)).json).toEqual({ ...(made.json as object), created: false })
    expect((await init()).json).toMatchObject({ created: false })
    const other = await make('other')
    await expect(init('--root-key', other)).toRefuse('transition-refused', /and root~0001 another key\.$/)
  })

  it('makes the keys that are not named', async () => {
    const { tenant, make, init } = await withVault()
    const root = await make('root')
    const { json } = await init('--root-key', root)
    const { generations } = json as { readonly generations: readonly { keyReference: string }[] }
    expect(generations.map(({ keyReference }) => keyReference.replace(/\/[0-9a-f]{32}$/, ''))).toEqual([
      `${roots.url}/keys/${tenant}--issuer-1-es256`,
      root.replace(/\/[0-9a-f]{32}$/, ''),
      `${roots.url}/keys/${tenant}--root-2-es256`,
    ])
  })

  it('takes no key without its version: after a rotation it would be another one', async () => {
    const { make, init } = await withVault()
    const versionless = (await make('root')).replace(/\/[0-9a-f]{32}$/, '')
    await expect(init('--root-key', versionless)).toRefuse('signer-refused', /it has no version/)
  })

  it('takes no key for another algorithm than that of the tenant', async () => {
    const { make, init } = await withVault()
    const issuer = await make('issuer', 'ES384')
    await expect(init('--issuer-key', issuer)).toRefuse('usage-wrong', /it is for ES384, .* for ES256\.$/)
  })

  it('takes no key of another vault, nor a file', async () => {
    const { init } = await withVault()
    const elsewhere = await issuers.keys().create('issuer', 'ES256')
    const why = /^Cannot use --issuer-key .*: it is not where the deployment has such keys\.$/
    await expect(init('--issuer-key', elsewhere)).toRefuse('usage-wrong', why)
    await expect(init('--issuer-key', 'local:contoso.issuer-1')).toRefuse('usage-wrong', why)
  })

  it('takes no key twice, nor one of another tenant, and makes nothing then', async () => {
    const first = await withVault()
    const root = await first.make('root')
    const before = created(roots)
    await expect(first.init('--root-key', root, '--issuer-key', root)).toRefuse(
      'usage-wrong',
      /^Cannot use --issuer-key: another option names the same key\.$/,
    )
    expect(created(roots)).toBe(before)
    await first.init('--root-key', root)
    const second = await withVault()
    await expect(second.init('--root-key', root)).toRefuse('usage-wrong', /it is the key of root~0001 of t/)
  })

  it('takes no key that does not exist', async () => {
    const { make, init } = await withVault()
    const gone = (await make('root')).replace(/[0-9a-f]{32}$/, 'f'.repeat(32))
    await expect(init('--root-key', gone)).toRefuse('signer-refused', /404/)
  })
})
