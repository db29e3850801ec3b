import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderFound } from '../../../client/check/folderFound.ts'
import { groupsIn } from '../../../client/check/othersWithAccess.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { hasPowerShell } from '../powerShellServer.ts'

const owner = '(A;OICI;FA;;;S-1-5-21-1-2-3-1001)(A;OICI;FA;;;SY)'

describe('folderFound() on Windows', () => {
  it.each([
    [`O:BAG:DUD:PAI${owner}`, []],
    [`O:BAG:DUD:PAI${owner}(A;OICI;0x1200a9;;;BU)`, ['Users']],
    [
      `O:BAG:DUD:AI${owner}(A;OICIID;FA;;;WD)(A;ID;FR;;;S-1-5-11)S:(AU;FA;FA;;;WD)`,
      ['Everyone', 'Authenticated Users'],
    ],
    [`O:BAG:DUD:PAI(D;;FA;;;WD)${owner}S:(AU;FA;FA;;;WD)`, []],
    [`O:BAG:DUD:PAI${owner}(XA;;FA;;;WD;(Member_of {SID(BA)}))`, ['Everyone']],
    [`O:BAG:DUD:PAI${owner}(A;;FA;;;DU)(A;;FR;;;NU)`, ['Domain Users', 'Network']],
    [
      `O:BAG:DUD:PAI(A;;FA;;;S-1-5-2)(A;;FA;;;S-1-5-21-1-22-333-513)(A;;FA;;;S-1-5-21-1-22-333-1513)`,
      ['Network', 'Domain Users'],
    ],
    ['O:BAG:DUD:NO_ACCESS_CONTROL', ['Everyone']],
    ['O:BAG:DU', ['Everyone']],
    ['O:BAG:DUD:', []],
  ])('reads %s', (sddl, groups) => {
    expect(groupsIn(sddl)).toEqual(groups)
  })

  const asking = async (program: string) => {
    const root = await temporaryFolder()
    const [powershell, folder] = [
      join(root, 'System32/WindowsPowerShell/v1.0'),
      join(root, 'Schlüssel für Åda'),
    ]
    for (const one of [powershell, folder]) await mkdir(one, { recursive: true })
    await writeFile(join(powershell, 'powershell.exe'), program, { mode: 0o755 })
    await writeFile(join(folder, 'list'), `O:BAG:DUD:PAI${owner}(A;OICI;FR;;;BU)`)
    const environment = { ...process.env, HOME: root, SystemRoot: root }
    expect(await folderFound(folder, { platform: 'win32', environment })).toMatchObject({
      status: 'problem',
      detail: 'its access control list lets Users in',
      remedy: expect.stringMatching(/icacls FOLDER \/inheritance:r/),
    })
    await writeFile(join(folder, 'list'), `O:BAG:DUD:PAI${owner}`)
    expect((await folderFound(folder, { platform: 'win32', environment })).status).toBe('ok')
  }

  it('gives the path as it is, whatever letters it has', () =>
    asking(`#!${process.execPath}
const { readFileSync } = require('node:fs')
const { folder } = JSON.parse(Buffer.from(readFileSync(0, 'utf8'), 'base64').toString())
const answer = JSON.stringify({ sddl: readFileSync(folder + '/list', 'utf8') })
process.stdout.write(Buffer.from(answer).toString('base64'))`))

  it.runIf(hasPowerShell)('asks as PowerShell understands', () =>
    asking(`#!/bin/sh
exec pwsh "$1" "$2" "$3" "function Get-Acl([string]\\$LiteralPath) {
  @{ Sddl = [IO.File]::ReadAllText([IO.Path]::Combine(\\$LiteralPath, 'list')) }
}
$4"`),
  )
})
