import { expect, it } from 'vitest'
import { hookProgram } from '../../../client/agent/hookProgram.ts'

const file = String.raw`C:\Program Files\Mayfly\nps\Update-Trust.ps1`

it('hookProgram() has Windows PowerShell of the system run a script, on Windows alone', () => {
  const { program, arguments: words } = hookProgram(file, { SystemRoot: '/windows' }, 'win32')
  expect(program).toMatch(/^.windows.System32.WindowsPowerShell.v1\.0.powershell\.exe$/)
  expect(words?.slice(-2)).toEqual(['-File', file])
  expect(hookProgram('/etc/reload.ps1', {}, 'linux')).toEqual({ program: '/etc/reload.ps1' })
  expect(hookProgram(String.raw`C:\reload.exe`, {}, 'win32')).toEqual({ program: String.raw`C:\reload.exe` })
})
