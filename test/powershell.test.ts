import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFile, type ReadersCopy, readersCopy } from './readersCopy.ts'

const blocks = [...(await projectFile('docs/powershell.md')).matchAll(/^```powershell\n([^]*?)^```/gm)].map(
  ([, commands = '']) => commands,
)

const hasPowerShell = (() => {
  try {
    return execFileSync('pwsh', ['-NoProfile', '-Command', '7'], { encoding: 'utf8' }).trim() === '7'
  } catch {
    return false
  }
})()

// Skipped where pwsh is not on the path.
describe.skipIf(!hasPowerShell)('the commands of docs/powershell.md, by pwsh', () => {
  let copy: ReadersCopy

  beforeAll(async () => {
    copy = await readersCopy()
    await copy.start()
  }, 120_000)

  afterAll(() => copy[Symbol.asyncDispose]())

  const run = async (script: string): Promise<string> => {
    await writeFile(join(copy.folder, 'blocks.ps1'), script.replaceAll('7071', String(copy.port)))
    return (await copy.shell('NO_COLOR=1 pwsh -NoProfile -File blocks.ps1')).stdout
  }

  it('run as they stand, and refuse a certificate without the marker', async () => {
    expect(blocks).toHaveLength(7)
    const told = await run(blocks.join('\n'))
    expect(told).toMatch(/Issuer +: .*VPN issuer 1/)
    expect(told).toMatch(/^40[01] urn:mayfly:problem:[a-z-]+: Cannot/m)
    expect(told).toMatch(/^accepted: True$/m)
    const other = blocks.at(-1)?.replace('1.3.6.1.4.1.311.87', '1.3.6.1.4.1.99999.1') ?? ''
    expect(await run(other.replace(/^if .*$/m, '$chain.ChainStatus.Status'))).toMatch(
      /^accepted: False\s+NotValidForUsage$/m,
    )
  }, 120_000)

  it('stop at a program that fails', async () => {
    const [first = ''] = blocks
    const told = await run(`${first}try { npx --no mayfly nonsense } catch { 'stopped' }`)
    expect(told).toContain('stopped')
  }, 60_000)
})
