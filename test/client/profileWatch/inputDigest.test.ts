import { execFileSync } from 'node:child_process'
import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inspectConfiguration } from '../../../client/agent/readConfiguration.ts'
import { inputDigest } from '../../../client/profileWatch/inputDigest.ts'
import { inspectProfile } from '../../../client/vpnProfile/readProfile.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const { signal } = new AbortController()

it('inputDigest() tells what is in a file, and waits for nothing that is none (fault 3)', async () => {
  const file = join(await temporaryFolder(), 'vpn.toml')
  const digest = () => inputDigest([file], signal)
  expect(await digest()).toBe('ENOENT')
  await writeFile(file, 'a')
  const first = await digest()
  await writeFile(file, 'b')
  expect(await digest()).not.toBe(first)
  await truncate(file, 8 * 2 ** 30)
  expect(await digest()).toMatch(/^8589934592 /)
})

it.runIf(process.platform === 'linux').each(['pipe', 'folder', 'huge file'])(
  'neither is a %s read in the place of a vpn.toml or a mayfly.toml, nor waited for (fault 3)',
  async (what) => {
    const file = join(await temporaryFolder(), 'vpn.toml')
    if (what === 'pipe') execFileSync('mkfifo', ['-m', '600', file])
    else if (what === 'folder') await mkdir(file, { mode: 0o700 })
    else {
      await writeFile(file, '', { mode: 0o600 })
      await truncate(file, 2 ** 30)
    }
    const why = what === 'huge file' ? /it has more than 65536 octets/ : /it is no regular file/
    await expect(inspectProfile(file)).toRefuse('configuration-invalid', why)
    await expect(inspectConfiguration(file)).toRefuse('configuration-invalid', why)
    expect(await inputDigest([file], signal)).toMatch(/^\d+ \d|^[\da-f]{64}$/)
  },
)
