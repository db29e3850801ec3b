import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const module = fileURLToPath(new URL('../../../lib/terminal/writeResult.ts', import.meta.url))

/** More than a pipe takes at once. */
const long = 'Zeile\n'.repeat(50_000)

const script = `import { writeResultAtOnce } from '${module}'
process.stderr.write('begun')
await writeResultAtOnce('Zeile\\n'.repeat(50_000))`

/** Writes after a program of the shell, which leaves the output as that had it. */
const write = (output: number, before = ':') =>
  spawn('sh', ['-c', `${before}; exec "$0" --input-type=module -e "$1"`, process.execPath, script], {
    stdio: ['ignore', output, 'pipe'],
  })

/** Has whoever writes told that a pipe is full, and not wait. */
const noWait = 'dd if=/dev/null oflag=nonblock status=none'

describe.runIf(process.platform === 'linux')('writeResultAtOnce()', () => {
  it('writes all of it to a pipe that takes a part at a time', async () => {
    const pipe = join(await temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const handle = await open(pipe, constants.O_RDWR)
    const writer = write(handle.fd, noWait)
    const ended = once(writer, 'exit')
    // Who reads at the same time may have it take all.
    if (writer.stderr) await once(writer.stderr, 'data')
    await sleep(300)
    const reader = spawn('cat', [pipe])
    const read = text(reader.stdout)
    const [code] = (await ended) as [number | null]
    await handle.close()
    expect(code).toBe(0)
    expect((await read) === long).toBe(true)
  })

  it('writes all of it to a file', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    await using handle = await open(file, 'r+')
    await once(write(handle.fd), 'exit')
    expect((await readFile(file, 'utf8')) === long).toBe(true)
  })
})
