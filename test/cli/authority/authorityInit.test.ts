import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { testTables } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

beforeAll(() => testTables())

/** Applies a tenant. @returns how to make its authority, with keys in `folder`. */
const withTenant = async () => {
  const folder = await temporaryFolder()
  const deployment = testDeployment(folder)
  const document = testDocument()
  const file = join(folder, 'tenant.json')
  await writeFile(file, JSON.stringify(document))
  await runCommand(['tenant', 'apply', '-f', file], deployment)
  const { tenant } = document
  const init = (...more: readonly string[]) =>
    runCommand(['authority', 'init', '--tenant', tenant, ...more], deployment)
  return { tenant, folder, init }
}

const generation = (tenant: string, kind: 'root' | 'issuer', number: number, notAfter: unknown) => ({
  id: `${kind}~000${number}`,
  kind,
  state: number === 1 ? 'active' : 'staged',
  algorithm: 'ES256',
  keyReference: `local:${tenant}.${kind}-${number}-es256`,
  signedBy: `root~000${number}`,
  publishedAt: '2026-03-02T10:00:00.000Z',
  publishedSequence: 1,
  sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  notBefore: '2026-03-02T09:00:00.000Z',
  notAfter,
})

describe('mayfly authority init', () => {
  it('makes root, standby root and issuer, and leaves them alone when it is run again', async () => {
    const { tenant, init } = await withTenant()
    const first = await init()
    const time: unknown = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    expect(first.json).toEqual({
      tenant,
      created: true,
      sequence: 1,
      generations: [
        generation(tenant, 'issuer', 1, time),
        generation(tenant, 'root', 1, time),
        generation(tenant, 'root', 2, time),
      ],
    })
    expect(JSON.parse(JSON.stringify(first.json))).toEqual(first.json)
    const again = await init()
    expect(again.json).toEqual({ ...(first.json as object), created: false })
    expect(first.text).toMatch(new RegExp(`^${tenant}: its authority was made\n`))
    expect(again.text).toBe(first.text.replace('was made', 'exists already'))
  })

  it('makes no key and no row with --dry-run, and tells of an authority that exists', async () => {
    const { tenant, folder, init } = await withTenant()
    const before = await init('--dry-run')
    expect(before.text).toMatch(
      /would make root~0001 and issuer~0001, both active, and the standby root~0002/,
    )
    expect(before.json).toEqual({ tenant, sequence: 0, generations: [], created: false })
    expect(await readdir(folder)).toEqual(['tenant.json'])
    const made = await init()
    expect(made.json).toMatchObject({ created: true, sequence: 1 })
    const after = await init('--dry-run')
    expect(after.text).toBe(`${tenant}: its authority exists already; nothing was changed`)
    expect(after.json).toEqual({ ...(made.json as object), created: false })
  })

  it('shows state, end, key and digest of each, within 80 columns', async () => {
    const { tenant, init } = await withTenant()
    const [, issuer = '', root = '', standby = ''] = (await init()).text.split('\n\n')
    expect(standby).toMatch(/^root~0002 +staged\n/)
    expect(issuer).toMatch(/^issuer~0001 +active\n {2}until +2026-05-\d\dT[\d:]+Z \(in 8\d days\)\n/)
    expect(issuer).toContain(`ES256, local:${tenant}.issuer-1-es256`)
    expect(root).toMatch(/^root~0001 +active\n {2}until +2029-0\d-\d\dT[\d:]+Z \(in 109\d days\)\n/)
    for (const line of [...issuer.split('\n'), ...root.split('\n'), ...standby.split('\n')])
      expect(line.length).toBeLessThanOrEqual(80)
  })

  it.skipIf(process.platform === 'win32')('keeps all keys from everybody else', async () => {
    const { tenant, folder, init } = await withTenant()
    await init()
    const files = await readdir(join(folder, 'keys'))
    expect(files.sort()).toEqual(
      ['issuer-1', 'root-1', 'root-2'].map((name) => `${tenant}.${name}-es256.pem`),
    )
    for (const file of files) expect((await stat(join(folder, 'keys', file))).mode & 0o777).toBe(0o600)
  })

  it('tells that there is no such tenant, and makes no key', async () => {
    const folder = await temporaryFolder()
    const args = ['authority', 'init', '--tenant', testDocument().tenant]
    await expect(runCommand(args, testDeployment(folder))).toRefuse('tenant-unknown')
    expect(await readdir(folder)).toEqual([])
  })

  it('tells that --tenant is missing before it looks for the deployment', async () => {
    const deployment = () => Promise.reject(new Error('Nobody asked for it.'))
    await expect(runCommand(['authority', 'init'], deployment)).toRefuse('usage-wrong', /--tenant is missing/)
  })
})
