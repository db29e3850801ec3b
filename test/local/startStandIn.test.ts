import { createServer } from 'node:net'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openKeys } from '../../lib/deployment/openKeys.ts'
import { type StandIn, startStandIn } from '../../local/startStandIn.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const start = (folder: string, keys: 'local' | 'keyvault') => startStandIn({ folder, keys, port: 0 })

const started = async (folder: string, keys: 'local' | 'keyvault' = 'keyvault'): Promise<StandIn> =>
  (await start(folder, keys)) ?? expect.fail('It did not start.')

describe('startStandIn()', () => {
  it('starts nothing, and leaves nothing behind, unless it is wanted', async () => {
    const folder = await temporaryFolder()
    expect(await start(folder, 'local')).toBeUndefined()
    expect(existsSync(join(folder, 'vault'))).toBe(false)
  })

  it('tells the CLI where to make keys, and starts at the same place again for those that exist', async () => {
    const folder = await temporaryFolder()
    const first = await started(folder)
    const keys = openKeys({ keys: { vault: first.vault } }, { kind: 'issuer' })
    const reference = await keys.create('contoso.issuer-1', 'ES256')
    expect(reference).toMatch(new RegExp(`^${first.url}/keys/contoso--issuer-1/`))
    await first.stop()
    const second = await started(folder, 'local')
    onTestFinished(() => second.stop())
    expect(second).toMatchObject({ url: first.url, settings: first.settings })
    const again = openKeys({ keys: { vault: second.vault } }, { kind: 'root' })
    await expect(again.open(reference)).resolves.toMatchObject({ algorithm: 'ES256' })
  })

  it('tells when its port is taken, which the references of its keys name', async () => {
    const folder = await temporaryFolder()
    const first = await started(folder)
    await first.stop()
    const { port } = new URL(first.url)
    const blocker = createServer().listen(Number(port), '127.0.0.1')
    await new Promise((resolve) => blocker.once('listening', resolve))
    onTestFinished(() => void blocker.close())
    await expect(start(folder, 'keyvault')).rejects.toThrow(`port ${port}, which the keys of`)
  })
})
