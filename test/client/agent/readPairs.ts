// Reads credentials as VPN clients do, over and over, until SIGTERM. Run with their folders; tells what it saw as JSON.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const folders = process.argv.slice(2)
const seen = { byCurrent: 0, byName: 0, certificates: 0, again: 0, wrong: [] as string[] }
const known = new Set<string>()
const held = new Set<string>()
const end = new AbortController()
process.once('SIGTERM', () => end.abort())

const fits = (key: string, certificate: string): boolean =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))

const unlessGone = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

/** Follows `current` once: a generation may be gone after two switches, and never has half of a pair. */
const byCurrent = async (folder: string): Promise<void> => {
  const generation = await realpath(join(folder, 'current'))
  held.add(folder)
  const read = (name: string) => readFile(join(generation, name), 'utf8').catch(unlessGone)
  const [key, certificate] = [await read('key.pem'), await read('certificate.pem')]
  if (key === undefined || certificate === undefined) {
    seen.again += 1
    return
  }
  known.add(certificate)
  seen.byCurrent += 1
  if (!fits(key, certificate)) seen.wrong.push(`${generation} does not fit`)
}

/** Opens both by their names; where the key is another one afterwards, there was a switch between. */
const byName = async (folder: string): Promise<void> => {
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  const [key, certificate] = [await read('key.pem'), await read('certificate.pem')]
  if (key !== (await read('key.pem'))) {
    seen.again += 1
    return
  }
  seen.byName += 1
  if (!fits(key, certificate)) seen.wrong.push(`${folder} does not fit`)
}

while (!end.signal.aborted) {
  for (const folder of folders)
    for (const read of [byCurrent, byName])
      await read(folder).catch((error: NodeJS.ErrnoException) => {
        // There is always something in use, once there was.
        if (error.code !== 'ENOENT' || held.has(folder)) seen.wrong.push(String(error))
      })
  await sleep(50)
}
process.stdout.write(JSON.stringify({ ...seen, certificates: known.size }))
