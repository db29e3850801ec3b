import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFile } from './runFile.ts'

export const hasWine = process.platform === 'linux' && spawnSync('sh', ['-c', 'command -v wine']).status === 0

/** The environment of a Windows of its own for a test, with nothing on the screen. */
export type Wine = Readonly<Record<'HOME' | 'WINEPREFIX' | 'WINEDEBUG' | 'DISPLAY', string>>

export const makeWine = async (): Promise<Wine> => {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-wine-'))
  const wine = { HOME: home, WINEPREFIX: join(home, 'wine'), WINEDEBUG: '-all', DISPLAY: '' }
  await runFile(['wine', 'winecfg', '-v', 'win10'], wine)
  return wine
}

export const removeWine = async (wine: Wine): Promise<void> => {
  await runFile(['wineserver', '-k'], wine)
  await rm(wine.HOME, { recursive: true, force: true, maxRetries: 5 })
}

/** As a Windows program writes the path. */
export const windowsPath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`
