import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type GraphRecords, recordsIn } from './graphRecords.ts'
import { serveGraph } from './serveGraph.ts'
import { standInGraph } from './standInGraph.ts'
import { readOrMake } from './writePrivateFile.ts'

export interface StartGraphOptions {
  /** Folder of everything the local host keeps. */
  readonly folder: string
  /** What the directory knows at the first start; afterwards, what is in the file. */
  readonly records: GraphRecords
}

/** A running directory of the demo, as function app and CLI are told of it. */
export interface DemoDirectory {
  readonly url: string
  readonly directoryId: string
  /** The file of what it knows: whoever edits it changes what devices are. */
  readonly recordsFile: string
  /** Settings of the function app. */
  readonly settings: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** Starts the demo's directory: nothing names its port, which is a free one. */
export const startGraph = async ({ folder, records }: StartGraphOptions): Promise<DemoDirectory> => {
  const place = (name: string) => join(folder, 'directory', name)
  const directoryId = await readOrMake(place('id'), () => randomUUID())
  const token = await readOrMake(place('token'), () => randomBytes(24).toString('base64url'))
  const recordsFile = place('records.json')
  await readOrMake(recordsFile, () => `${JSON.stringify(records, null, 2)}\n`)
  const running = await serveGraph(standInGraph({ records: recordsIn(recordsFile), token }))
  return {
    url: running.url,
    directoryId,
    recordsFile,
    settings: {
      MAYFLY_DIRECTORY_ID: directoryId,
      MAYFLY_GRAPH_HOST: new URL(running.url).host,
      MAYFLY_GRAPH_TOKEN: token,
    },
    stop: () => running.close(),
  }
}
