import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { demoRecords } from '../../local/demoDevice.ts'
import { startGraph } from '../../local/startGraph.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const deviceId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const owner = { userId: '11111111-2222-4333-8444-555555555555', deviceId }

const start = async (folder: string) => {
  const directory = await startGraph({ folder, records: demoRecords([owner]) })
  onTestFinished(() => directory.stop())
  const ask = async () => {
    const headers = { authorization: `Bearer ${directory.settings['MAYFLY_GRAPH_TOKEN']}` }
    const answer = await fetch(`${directory.url}/v1.0/devices(deviceId='${deviceId}')`, { headers })
    return (await answer.json()) as { readonly isCompliant: boolean }
  }
  return { ...directory, ask }
}

describe('startGraph()', () => {
  it('shows at once what somebody writes into its file, and keeps id and token over a restart', async () => {
    const folder = await temporaryFolder()
    const first = await start(folder)
    expect(await first.ask()).toMatchObject({ isCompliant: true })
    const records = await readFile(first.recordsFile, 'utf8')
    await writeFile(first.recordsFile, records.replace('"isCompliant": true', '"isCompliant": false'))
    expect(await first.ask()).toMatchObject({ isCompliant: false })
    const second = await start(folder)
    expect(await second.ask()).toMatchObject({ isCompliant: false })
    expect(second.directoryId).toBe(first.directoryId)
    expect(second.settings).toMatchObject({
      MAYFLY_DIRECTORY_ID: first.directoryId,
      MAYFLY_GRAPH_HOST: new URL(second.url).host,
      MAYFLY_GRAPH_TOKEN: first.settings['MAYFLY_GRAPH_TOKEN'],
    })
  })
})
