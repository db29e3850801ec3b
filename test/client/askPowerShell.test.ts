import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { askPowerShell, powerShellScript } from '../../client/askPowerShell.ts'
import { accessScript } from '../../client/check/othersWithAccess.ts'
import { windowsScripts } from '../../client/store/windowsScripts.ts'
import { dpapiScripts } from '../../client/token/secretTool.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { hasPowerShell, powerShellProgram } from './powerShellServer.ts'
import { faultsOfPowerShell } from './store/windowsMachine.ts'

const scripts = Object.entries({ ...windowsScripts, ...dpapiScripts, accessScript })

describe('the scripts for Windows PowerShell', () => {
  it('have what the command line of Windows leaves as it is, and what PowerShell 5.1 knows', () => {
    expect(scripts.length).toBe(6)
    for (const [name, text] of scripts) {
      expect(text, name).not.toMatch(/"|\\$/)
      expect(text, name).not.toMatch(/\?\?|&&|\|\||\?\./)
      expect(text.length, name).toBeLessThan(8_000)
    }
  })

  it.runIf(hasPowerShell)('are parsed by PowerShell without a fault, which sees a planted one', () => {
    const all = [...scripts.map(([, text]) => text), powerShellScript('if (')]
    const faults = faultsOfPowerShell(all)
    expect(faults.length).toBe(all.length)
    expect(faults.slice(0, -1)).toEqual(all.slice(1).map(() => []))
    expect(faults.at(-1)?.length).toBeGreaterThan(0)
  })
})

/** Runs a body by the PowerShell that is here, as Windows would. */
const run = async (body: string, given: unknown, instead?: string) => {
  const SystemRoot = await temporaryFolder()
  const file = join(SystemRoot, 'System32/WindowsPowerShell/v1.0/powershell.exe')
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${instead ?? 'exec pwsh "$@"'}\n`)
  await chmod(file, 0o755)
  return askPowerShell(powerShellScript(body), given, { ...process.env, SystemRoot })
}

describe.runIf(hasPowerShell)('askPowerShell()', () => {
  it('hands over and takes back whatever texts, and none of them is read as a program', async () => {
    const texts = ["O'Hara", '‘’‚‛', '$(throw 1)', '`n $env:PATH', 'Schlüssel 鍵', '"; exit 3; "', 'a\nb', '']
    const body = '@{ texts = @($given.texts); count = @($given.none).Count; left = @() }'
    expect(await run(body, { texts, none: [] })).toEqual({ texts, count: 0, left: [] })
  })

  it('tells how a script failed, in one line', async () => {
    const SystemRoot = await temporaryFolder()
    await powerShellProgram(join(SystemRoot, 'System32/WindowsPowerShell/v1.0/powershell.exe'))
    const ask = (body: string, given: unknown) =>
      askPowerShell(powerShellScript(body), given, { ...process.env, SystemRoot })
    await expect(ask(`throw ('no' + [char]10 + $given.why)`, { why: 'way' })).rejects.toThrow(/^no way$/)
    await expect(ask('Get-Item -LiteralPath /nowhere', {})).rejects.toThrow(/nowhere/)
  })
})

describe.skipIf(process.platform === 'win32')('askPowerShell() of a PowerShell that does not work', () => {
  it.each([
    ['exit 3', /^PowerShell ended with 3: it says no more$/],
    ['echo denied >&2; exit 1', /^PowerShell ended with 1: denied$/],
    ['echo nonsense', /^the answer of PowerShell is not/],
  ])('says so: %s', async (instead, why) => {
    await expect(run('', {}, instead)).rejects.toThrow(why)
  })
})
