import { spawn } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, readdir, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { makeKey, spkiOf, testAuthority } from '../testAuthority.ts'

const program = fileURLToPath(new URL('switchForever.ts', import.meta.url))
const authority = testAuthority()

const makePair = () => {
  const key = makeKey()
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate: authority.leaf(spkiOf(key)),
  }
}

/** Reads as a VPN client does that follows `current` once. */
const readPair = async (folder: string): Promise<boolean> => {
  const generation = await realpath(join(folder, 'current'))
  const certificate = new X509Certificate(await readFile(join(generation, 'certificate.pem')))
  return certificate.checkPrivateKey(createPrivateKey(await readFile(join(generation, 'key.pem'))))
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

it.skipIf(process.platform === 'win32')(
  'readers see pairs that fit while a writer switches, is killed at any moment, and begins anew',
  async () => {
    const folder = join(await temporaryFolder(), 'ada')
    const file = join(await temporaryFolder(), 'pairs.json')
    await writeFile(file, JSON.stringify(Array.from({ length: 8 }, makePair)))
    let fitting = 0
    for (let killed = 0; killed < 12; killed++) {
      const child = spawn(process.execPath, [program, folder, file], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      const exited = once(child, 'exit')
      const until = performance.now() + 10 + ((killed * 37) % 90)
      while (performance.now() < until) {
        await sleep(1)
        // A slow reader's generation is gone after two switches: it looks again, and never sees half of a pair.
        const isFitting = await readPair(folder).catch((error: unknown) => {
          if (!isMissing(error)) throw error
          return undefined
        })
        expect(isFitting).not.toBe(false)
        if (isFitting) fitting += 1
      }
      child.kill('SIGKILL')
      await exited
      if (fitting > 0) expect(await readPair(folder)).toBe(true)
    }
    expect(fitting).toBeGreaterThan(0)
    const left = (await readdir(join(folder, 'generations'))).filter((name) => /^\d{8}$/.test(name))
    expect(left.length).toBeLessThanOrEqual(4)
  },
  300_000,
)
