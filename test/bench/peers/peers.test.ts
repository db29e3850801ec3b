import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { peers, startPeers } from '../../../bench/peers/peers.ts'
import { findProgram } from '../../../bench/peers/startPeer.ts'

const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-path-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

it.runIf(process.platform !== 'win32')('findProgram() finds the first that may be run', async () => {
  const [first, second] = [await temporaryFolder(), await temporaryFolder()]
  const path = [first, '/nowhere', second].join(delimiter)
  for (const folder of [first, second]) await writeFile(join(folder, 'peer'), '')
  expect(findProgram('peer', path)).toBeUndefined()
  await chmod(join(second, 'peer'), 0o755)
  expect(findProgram('peer', path)).toBe(join(second, 'peer'))
})

it('startPeers() names every peer that is not installed, and starts none of them', async () => {
  vi.stubEnv('PATH', await temporaryFolder())
  onTestFinished(() => void vi.unstubAllEnvs())
  await using stack = new AsyncDisposableStack()
  const { started, missing } = await startPeers(stack)
  expect(started).toEqual([])
  expect(missing).toEqual(peers.map(({ name, program }) => `${name} (no ${program} on the PATH)`))
})
