import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { askWindowsServer } from '../../../../client/serverConfig/check/askWindowsServer.ts'
import { temporaryFolder } from '../../../local/temporaryFolder.ts'

const fault = { finding: 'root~0001 is not in the store Root', why: 'a', remedy: 'b' }

/** A Windows whose PowerShell does what a line of shell does. */
const windows = async (line: string) => {
  const SystemRoot = await temporaryFolder()
  const powershell = join(SystemRoot, 'System32/WindowsPowerShell/v1.0/powershell.exe')
  await mkdir(dirname(powershell), { recursive: true })
  await writeFile(powershell, `#!/bin/sh\n${line}\n`)
  await chmod(powershell, 0o755)
  return { SystemRoot, PATH: process.env['PATH'] }
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')

describe.skipIf(process.platform === 'win32')('askWindowsServer()', () => {
  it('tells what the script says, which it runs as it stands', async () => {
    const answer = base64({ faults: [fault] })
    const environment = await windows(`[ "$5 $6 $7" = '-File C:\\x.ps1 -Json' ] && echo ${answer}`)
    expect(await askWindowsServer('C:\\x.ps1', environment)).toEqual([fault])
  })

  it.each([
    ['a script that fails', 'echo no such store >&2; exit 1', /x\.ps1 ended with 1 no such store$/],
    ['what is no answer', 'echo PowerShell', /x\.ps1 answers something else$/],
    ['an answer to something else', `echo ${base64({})}`, /x\.ps1 answers nothing of faults$/],
  ])('takes %s for no sign that all is well', async (_, line, finding) => {
    const faults = await askWindowsServer('x.ps1', await windows(line))
    expect(faults.map((one) => one.finding)).toEqual([expect.stringMatching(finding)])
  })
})
