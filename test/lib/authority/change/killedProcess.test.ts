import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { readAuthority } from '../../../../lib/authority/authority.ts'
import { readEvents } from '../../../../lib/authority/authorityEvent.ts'
import type { Tables } from '../../../../lib/store/tables.ts'
import { azuritePort, testTables } from '../../../azurite.ts'
import { runCommand, testDeployment } from '../../../cli/runCommand.ts'
import { testDocument } from '../../../cli/testDocument.ts'
import { temporaryFolder } from '../../../local/temporaryFolder.ts'
import { applyDocument } from '../../../world.ts'
import { someAtATime } from '../someAtATime.ts'

const entry = fileURLToPath(new URL('../../../../tools/mayfly.mjs', import.meta.url))

let tables: Tables

beforeAll(async () => {
  tables = await testTables()
})

/** When the process is killed: as a request to the tables is on its way, or as the answer is. */
interface Moment {
  /** The number of the request, from 1. */
  readonly request: number
  readonly isDone: boolean
}

const isRequest = (octets: Buffer): boolean =>
  /^(GET|POST|PUT|DELETE|MERGE) /.test(octets.toString('latin1', 0, 8))

/** Stands between a process and Azurite, and kills it at the moment. */
const deadlyProxy = async ({ request, isDone }: Moment, kill: () => void) => {
  let requests = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(azuritePort(), '127.0.0.1')
    let isDoomed = false
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    client.on('data', (octets: Buffer) => {
      if (isRequest(octets)) isDoomed ||= (requests += 1) === request
      if (isDoomed && !isDone) kill()
      else upstream.write(octets)
    })
    upstream.on('data', (octets: Buffer) => {
      if (isDoomed) kill()
      else client.write(octets)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const moments = [1, 3, 4, 5].flatMap((request): readonly Moment[] => [
  { request, isDone: false },
  { request, isDone: true },
])

/** Runs `mayfly` for a deployment that is reached through a proxy, until it is killed. */
const runUntil = async (moment: Moment, folder: string, args: readonly string[]): Promise<ChildProcess> => {
  let child: ChildProcess | undefined
  const proxy = await deadlyProxy(moment, () => child?.kill('SIGKILL'))
  const deployment = testDeployment(folder)
  const { connectionString } = deployment.tables
  const proxied = connectionString.replace(`:${azuritePort()}/`, `:${proxy.port}/`)
  const file = join(folder, 'local.json')
  await writeFile(file, JSON.stringify({ ...deployment, tables: { connectionString: proxied } }))
  child = spawn(process.execPath, [entry, ...args, '--deployment', file], { stdio: 'ignore' })
  await once(child, 'exit')
  proxy.close()
  return child
}

it('a process killed at any moment of stage-issuer leaves no second issuer behind', async () => {
  await someAtATime(moments, async (moment) => {
    const folder = await temporaryFolder()
    const document = testDocument()
    const now = new Date()
    const { tenant } = await applyDocument(tables, document, now)
    const run = (...args: readonly string[]) =>
      runCommand([...args, '--tenant', tenant], testDeployment(folder), { now })
    await run('authority', 'init')
    const { signalCode } = await runUntil(moment, folder, ['authority', 'stage-issuer', '--tenant', tenant])
    expect(signalCode, JSON.stringify(moment)).toBe('SIGKILL')

    await run('authority', 'stage-issuer')
    const authority = await readAuthority(tables, tenant)
    const issuers = authority?.generations.filter(({ kind }) => kind === 'issuer')
    expect(issuers?.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'issuer~0001 active',
      'issuer~0002 staged',
    ])
    const events = await readEvents(tables, tenant)
    expect(events.map(({ sequence, action }) => `${sequence} ${action}`)).toEqual([
      '1 init',
      '2 stage-issuer',
    ])
    const keys = await readdir(join(folder, 'keys'))
    expect(keys.filter((file) => file.endsWith('.pem'))).toHaveLength(4)
  })
})
