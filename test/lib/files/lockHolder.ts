// Takes a lock over and over, and works for some milliseconds under it; tells when it has it, and of others that were there.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withFolderLock } from '../../../lib/files/withFolderLock.ts'

const [folder = '', milliseconds] = process.argv.slice(2)
const inside = join(folder, 'inside')
const own = String(process.pid)

for (; ; await sleep(10))
  await withFolderLock(folder, async () => {
    process.stdout.write('.')
    await writeFile(inside, own)
    await sleep(Number(milliseconds))
    const found = await readFile(inside, 'utf8')
    if (found !== own) process.stderr.write(`${found} was inside beside ${own}\n`)
  })
