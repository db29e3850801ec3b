import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeExecutable } from '../../tools/makeExecutable.ts'
import { vpnTomlOf } from '../client/vpnProfile/vpnTomlOf.ts'
import { written } from '../client/vpnProfile/windows/writtenProfile.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { runFile } from './runFile.ts'
import { hasWine, makeWine, removeWine, type Wine, windowsPath } from './wine.ts'

const executable = 'dist-cli/mayfly-win-x64.exe'

/** Stands in for PowerShell, which Wine has not: keeps the profiles that it is asked to apply, and tells them again. */
const powerShell = `
const fs = require('node:fs')
const { dirname, join } = require('node:path')
const file = join(dirname(process.execPath), 'profiles.json')
const given = Buffer.from(fs.readFileSync(0, 'latin1'), 'base64').toString()
const { script, request } = JSON.parse(given)
const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { asked: [], profiles: [] }
const { action, name, xml, beside } = request
const others = kept.profiles.filter((one) => one.name !== name)
const answers = {
  list: () => ({ profiles: kept.profiles }),
  look: () => ({ profiles: kept.profiles }),
  state: () => ({ state: 'down' }),
  gateway: () => ({ ipv6: false }),
  apply: () => (kept.profiles = [...others, { name, xml, beside }], { left: '' }),
  remove: () => (kept.profiles = others, { left: '' }),
}
const isWhole = script.startsWith('# Applies') && script.trimEnd().endsWith('exit $code')
const answer = isWhole ? answers[action]() : { failed: 'the script is not whole' }
kept.asked.push(action)
fs.writeFileSync(file, JSON.stringify(kept))
process.stdout.write(Buffer.from(JSON.stringify(answer)).toString('base64'))
`

let wine: Wine
let work: string
let standIn: string

const makeStandIn = async (): Promise<void> => {
  work = await mkdtemp(join(tmpdir(), 'mayfly-stand-in-'))
  await writeFile(join(work, 'mayfly.cjs'), powerShell)
  const made = await makeExecutable({ root: process.cwd(), work, out: work }, 'win-x64')
  standIn = join(wine.WINEPREFIX, 'drive_c/windows/system32/WindowsPowerShell/v1.0/powershell.exe')
  await mkdir(dirname(standIn), { recursive: true })
  await rm(standIn, { force: true })
  await writeFile(standIn, await readFile(made), { mode: 0o755 })
}

beforeAll(async () => {
  if (!hasWine) return
  wine = await makeWine()
  await makeStandIn()
}, 360_000)

afterAll(async () => {
  if (!hasWine) return
  await removeWine(wine)
  await rm(work, { recursive: true, force: true })
})

const mayfly = (words: readonly string[]) => runFile(['wine', executable, ...words], wine)

interface Kept {
  readonly asked: readonly string[]
  readonly profiles: readonly { readonly name: string; readonly xml: string }[]
}

const kept = async (): Promise<Kept> =>
  JSON.parse(await readFile(join(dirname(standIn), 'profiles.json'), 'utf8')) as Kept

const user = { name: 'Büro Zürich & "Köln"', routes: ['10.0.0.0/8', 'fd00::/8'], mtu: 1_300 }

describe.runIf(hasWine)('VPN profiles by the executable for Windows, under Wine', () => {
  const folderWith = async (members: Readonly<Record<string, unknown>>) => {
    const folder = join(await temporaryFolder(), 'VPN für alle')
    await mkdir(folder)
    const file = join(folder, 'vpn.toml')
    await writeFile(file, vpnTomlOf({ user: members }))
    return { folder, file }
  }

  it('writes the same as elsewhere, and a script', async () => {
    const { folder, file } = await folderWith(user)
    const [out, script] = [join(folder, 'Büro.xml'), join(folder, 'Set-VpnProfile.ps1')]
    const words = ['profile', 'windows', '-f', windowsPath(file), '--out', windowsPath(out)]
    expect(await mayfly([...words, '--script', windowsPath(script)])).toMatchObject({ code: 0 })
    expect(await readFile(out, 'utf8')).toBe(written({ user }).xml)
    const own = /^\$own = '(.+)'$/m.exec(await readFile(script, 'utf8'))?.[1] ?? ''
    expect(JSON.parse(Buffer.from(own, 'base64').toString())).toMatchObject({
      name: user.name,
      xml: written({ user }).xml,
      beside: { mtu: 1_300 },
    })
  })

  it('checks them', async () => {
    const right = await folderWith(user)
    const check = (file: string) => mayfly(['profile', 'check', '-f', windowsPath(file)])
    expect(await check(right.file)).toMatchObject({ code: 0 })
    const wrong = await check((await folderWith({ ...user, mtu: 9_000 })).file)
    expect(wrong.code).toBe(3)
    expect(wrong.out).toMatch(/tunnels\.user\.mtu: is more than 1400/)
  })

  it('compares them with what is installed, applies what differs, and nothing then', async () => {
    const { folder, file } = await folderWith(user)
    const config = join(folder, 'mayfly.toml')
    await writeFile(
      config,
      "[[profiles]]\nfile = 'vpn.toml'\nfolder = 'Zustand'\nplatform = 'windows'\ntunnels = ['user']\n",
    )
    const watch = async (...words: readonly string[]) => {
      const ended = await mayfly(['profile', 'watch', '--config', windowsPath(config), ...words, '--json'])
      if (!ended.out.startsWith('{')) throw new Error(`${ended.code}: ${ended.out}${ended.err}`)
      const [told] = (JSON.parse(ended.out) as { readonly profiles: readonly unknown[] }).profiles
      return { code: ended.code, told }
    }
    const { name } = user
    expect((await watch('--dry-run')).told).toMatchObject({ changes: [{ name, change: 'create' }] })
    expect(await watch('--once')).toMatchObject({ code: 0, told: { condition: 'current' } })
    expect((await watch('--dry-run')).told).toMatchObject({ changes: [{ change: 'keep', differences: [] }] })
    expect((await kept()).profiles).toEqual([expect.objectContaining({ name, xml: written({ user }).xml })])
    await writeFile(file, vpnTomlOf({ user: { ...user, routes: ['10.0.0.0/9'], mtu: 1_200 } }))
    const differences = expect.arrayContaining([{ setting: 'mtu', wanted: '1200', installed: '1300' }])
    expect((await watch('--dry-run')).told).toMatchObject({ changes: [{ name, differences }] })
    expect(await watch('--once')).toMatchObject({ code: 0 })
    expect((await kept()).profiles).toHaveLength(1)
    expect((await kept()).asked.filter((action) => action === 'apply')).toHaveLength(2)
  })
})
