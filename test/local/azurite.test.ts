import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openTables } from '../../lib/store/openTables.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { azuriteConnectionString, startAzurite } from '../../local/azurite.ts'
import { freePort, isFree } from '../../local/freePort.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const account = { name: 'azuritetest', key: Buffer.from('a key of its own').toString('base64') }
const accounts = [account]

const tablesAt = (port: number, as = account): Tables =>
  openTables({ kind: 'connectionString', connectionString: azuriteConnectionString(port, as) })

const key = { partition: 'p', row: 'r' }

/** Starts Azurite until the test ends. */
const start = async (port: number, folder: string) => {
  const azurite = await startAzurite({ port, folder, accounts })
  onTestFinished(() => azurite.stop())
  return azurite
}

/** Starts a process that does this with startAzurite(). */
const startHost = (statements: string) => {
  const module = new URL('../../local/azurite.ts', import.meta.url).href
  const script = `import { startAzurite } from '${module}'; ${statements}`
  const args = ['--input-type=module', '--eval', script]
  const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void host.kill('SIGKILL'))
  return host
}

/** The ids of the processes with this word on their command lines. */
const processesWith = async (word: string): Promise<readonly string[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return ids.filter((_, index) => lines[index]?.split('\0').includes(word))
}

describe('startAzurite()', () => {
  it('keeps on disk a row that was written just before stop()', async () => {
    const folder = await temporaryFolder()
    const port = await freePort()
    const first = await start(port, folder)
    const tables = tablesAt(port)
    await tables.create(['kept'])
    await tables.insert('kept', { ...key, values: { text: 'still here' } })
    await first.stop()
    expect(await isFree(port)).toBe(true)
    await start(port, folder)
    expect((await tablesAt(port).get('kept', key))?.values).toEqual({ text: 'still here' })
  })

  it('lets nobody in with the key that Microsoft published for every Azurite', async () => {
    const port = await freePort()
    await start(port, await temporaryFolder())
    const published = {
      name: 'devstoreaccount1',
      key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
    }
    await expect(tablesAt(port, published).create(['mine'])).rejects.toThrow()
    const guess = { ...account, key: published.key }
    await expect(tablesAt(port, guess).create(['mine'])).toRefuse('tables-unavailable')
  })

  it('can be stopped at once and more than once', async () => {
    const azurite = await startAzurite({ port: await freePort(), accounts })
    await Promise.all([azurite.stop(), azurite.stop()])
    await azurite.stop()
    await azurite.ended
  })

  it('rejects when its port is taken, and says so', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await expect(startAzurite({ port, accounts })).rejects.toThrow(
      /^Azurite ended with code 1: .*EADDRINUSE/s,
    )
  })

  it('ends, with its rows on disk, when the process that started it is killed', async () => {
    const folder = await temporaryFolder()
    const port = await freePort()
    const host = startHost(
      `await startAzurite(${JSON.stringify({ port, folder, accounts })}); console.log('started')`,
    )
    await once(host.stdout, 'data')
    const tables = tablesAt(port)
    await tables.create(['kept'])
    await tables.insert('kept', { ...key, values: { text: 'still here' } })
    host.kill('SIGKILL')
    await vi.waitFor(async () => expect(await isFree(port)).toBe(true), 50_000)
    await start(port, folder)
    expect((await tablesAt(port).get('kept', key))?.values).toEqual({ text: 'still here' })
  })

  it.skipIf(process.platform !== 'linux')('ends when that process is killed before it listens', async () => {
    const port = await freePort()
    const host = startHost(
      `void startAzurite(${JSON.stringify({ port, accounts })}); console.log('starting')`,
    )
    await once(host.stdout, 'data')
    await vi.waitFor(async () => expect(await processesWith(String(port))).toHaveLength(1), 50_000)
    host.kill('SIGKILL')
    await vi.waitFor(async () => expect(await processesWith(String(port))).toEqual([]), 50_000)
  })
})
