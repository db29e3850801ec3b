import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { testTables } from '../../azurite.ts'
import { changingNothing, tooWide, withAuthority } from '../withAuthority.ts'

beforeAll(() => testTables())

const secretOf = (json: unknown): string => (json as { readonly secret: string }).secret

describe('mayfly relying-party add', () => {
  it('lists a party and shows its secret, of which the hash alone is stored', async () => {
    const bench = await withAuthority()
    const { text, json } = await bench.run('relying-party add', '--name', 'vpn-1')
    const secret = secretOf(json)
    expect(json).toEqual({ tenant: bench.tenant, name: 'vpn-1', secret, secretFile: null })
    // 256 bits.
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(text).toBe(`vpn-1 is listed; its secret, shown once:\n${secret}`)
    expect(tooWide(text)).toEqual([])
    const stored = JSON.stringify(await bench.rows())
    expect(stored).not.toContain(secret)
    expect(stored).toContain(createHash('sha256').update(secret).digest('hex'))
    const listed = await bench.run('relying-party list')
    expect(JSON.stringify(listed)).not.toContain(secret)
  })

  it('writes the secret to a new file that its owner alone may read, and shows it nowhere', async () => {
    const bench = await withAuthority()
    const file = join(bench.folder, 'vpn-1.secret')
    const { text, json } = await bench.run('relying-party add', '--name', 'vpn-1', '--secret-out', file)
    expect(text).toBe(`vpn-1 is listed; its secret is in ${file}`)
    expect(json).toEqual({ tenant: bench.tenant, name: 'vpn-1', secret: null, secretFile: file })
    const secret = await readFile(file, 'utf8')
    expect(secret).toMatch(/^[\w-]{43}\n$/)
    expect(JSON.stringify(await bench.rows())).toContain(
      createHash('sha256').update(secret.trim()).digest('hex'),
    )
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('replaces no file with a secret, and lists nobody whose secret cannot be kept', async () => {
    const bench = await withAuthority()
    const file = join(bench.folder, 'vpn-1.secret')
    await writeFile(file, 'mine')
    await changingNothing(bench, async () => {
      const add = (out: string) => bench.run('relying-party add', '--name', 'vpn-1', '--secret-out', out)
      await expect(add(file)).toRefuse('usage-wrong', /vpn-1\.secret \(--secret-out\): it exists already/)
      await expect(add(join(bench.folder, 'none', 'secret'))).toRefuse(
        'usage-wrong',
        /its folder does not exist/,
      )
    })
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  it('leaves no file behind for a party that is listed already', async () => {
    const bench = await withAuthority()
    await bench.run('relying-party add', '--name', 'vpn-1')
    const file = join(bench.folder, 'vpn-1.secret')
    const again = bench.run('relying-party add', '--name', 'vpn-1', '--secret-out', file)
    await expect(again).toRefuse('configuration-conflict')
    await expect(stat(file)).rejects.toThrow(/ENOENT/)
  })

  it('gives each party a secret of its own', async () => {
    const bench = await withAuthority()
    const secrets = new Set<string>()
    for (const name of ['a', 'b', 'c'])
      secrets.add(secretOf((await bench.run('relying-party add', '--name', name)).json))
    expect(secrets.size).toBe(3)
  })

  it('leaves a party that is listed alone: its secret stays', async () => {
    const bench = await withAuthority()
    await bench.run('relying-party add', '--name', 'vpn-1')
    await changingNothing(bench, () =>
      expect(bench.run('relying-party add', '--name', 'vpn-1')).toRefuse(
        'configuration-conflict',
        /lists vpn-1 already/,
      ),
    )
  })

  it.each(['', 'VPN', 'vpn 1', '-vpn', '.vpn', 'vpn/1', 'vpn#', 'vpn:1', 'ä', 'x'.repeat(64)])(
    'refuses the name %j',
    async (name) => {
      const bench = await withAuthority()
      await changingNothing(bench, () =>
        expect(bench.run('relying-party add', `--name=${name}`)).toRefuse('usage-wrong'),
      )
    },
  )
})

describe('mayfly relying-party remove', () => {
  it('asks, takes a party off the list, and tells when there is none', async () => {
    const bench = await withAuthority()
    await bench.run('relying-party add', '--name', 'vpn-1')
    await bench.run('relying-party add', '--name', 'vpn-2')
    const remove = (answer: boolean) => bench.run('relying-party remove', '--name', 'vpn-1', { answer })
    await changingNothing(bench, () => expect(remove(false)).toRefuse('confirmation-needed'))
    const { text, json } = await remove(true)
    expect(text).toBe('vpn-1 is no longer listed')
    expect(json).toEqual({ tenant: bench.tenant, name: 'vpn-1' })
    await changingNothing(bench, () => expect(remove(true)).toRefuse('relying-party-unknown', /has no vpn-1/))
    expect((await bench.run('relying-party list')).json).toMatchObject({
      relyingParties: [{ name: 'vpn-2' }],
    })
  })

  it('does not ask with --yes, and a party that is listed again has another secret', async () => {
    const bench = await withAuthority()
    const add = async () => secretOf((await bench.run('relying-party add', '--name', 'vpn-1')).json)
    const first = await add()
    await bench.run('relying-party remove --yes', '--name', 'vpn-1')
    expect(await add()).not.toBe(first)
  })
})

describe('mayfly relying-party list', () => {
  it('shows who holds what, by name, within 80 columns', async () => {
    const bench = await withAuthority()
    const { run } = bench
    const empty = await run('relying-party list')
    expect(empty.text).toBe(`${bench.tenant} lists no relying parties`)
    expect(empty.json).toEqual({ tenant: bench.tenant, relyingParties: [] })
    const long = `vpn-${'x'.repeat(59)}`
    for (const name of [long, 'b', 'a']) await run('relying-party add', '--name', name)
    await run('authority confirm', '--relying-party', long, '--bundle', '1')
    const { text, json } = await changingNothing(bench, () => run('relying-party list'))
    expect(text.split('\n')).toEqual([
      'relying party             bundle  told        by',
      'a                         none',
      'b                         none',
      'vpn-xxxxxxx..xxxxxxxxxxx  1       2026-03-02  local:tester@bench',
    ])
    expect(tooWide(text)).toEqual([])
    const told = { installedSha256: null, doubt: null, installedAt: null }
    const never = { ...told, installedSequence: 0, confirmedBy: '' }
    expect(json).toEqual({
      tenant: bench.tenant,
      relyingParties: [
        { name: 'a', ...never },
        { name: 'b', ...never },
        {
          name: long,
          installedSequence: 1,
          installedSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          doubt: null,
          installedAt: '2026-03-02T10:00:00.000Z',
          confirmedBy: 'local:tester@bench',
        },
      ],
    })
  })

  it('shows with --history who changed the list, when and why', async () => {
    const { run, tenant } = await withAuthority()
    const history = () => run('relying-party list --history')
    expect((await history()).text).toBe(`${tenant}: the list of relying parties was never changed`)
    await run('relying-party add', '--name', 'a', '--reason', 'a new site', { after: 1 })
    await run('authority confirm --relying-party a --bundle 1', { after: 2 })
    await run('relying-party remove --name a --yes', '--reason', 'closed', { after: 3 })
    const { text, json } = await history()
    expect(text.split('\n').slice(0, 3)).toEqual([
      'add a',
      '  at      2026-03-02T10:00:00Z (in 0 seconds) by local:tester@bench',
      '  reason  a new site',
    ])
    const actor = { kind: 'local', name: 'tester@bench' }
    expect(json).toMatchObject({
      changes: [
        { action: 'add', name: 'a', reason: 'a new site', by: 'local:tester@bench', actor },
        { action: 'confirm bundle 1', name: 'a', reason: '' },
        { action: 'remove', name: 'a', reason: 'closed', at: '2026-03-02T10:00:00.003Z' },
      ],
    })
    await expect(async () => run('relying-party add --name b', '--reason=')).toRefuse('usage-wrong')
  })
})
