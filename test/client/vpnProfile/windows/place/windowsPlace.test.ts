import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ProfileForm } from '../../../../../client/vpnProfile/profilePlace.ts'
import { ipv6GatewayOfWindows } from '../../../../../client/vpnProfile/windows/place/askScript.ts'
import { windowsPlace } from '../../../../../client/vpnProfile/windows/place/windowsPlace.ts'
import { temporaryFolder } from '../../../../local/temporaryFolder.ts'
import { settingChanges } from '../../settingChanges.ts'
import { vpnTomlOf } from '../../vpnTomlOf.ts'
import { type Members, tunnelOf } from '../writtenProfile.ts'

const never = new AbortController().signal
const pure = windowsPlace({})

const made = (user: Members): ProfileForm => {
  const { profile, tunnel, routed } = tunnelOf(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], ...user } }))
  return pure.make(profile, tunnel, routed)
}

describe('profiles of Windows', () => {
  it.each(settingChanges)('differ when %s changes, and not from themselves', (_, before, after) => {
    expect(pure.differences(made(before), made(before))).toEqual([])
    expect(pure.differences(made(after), made(before)).length).toBeGreaterThan(0)
  })

  it('name the settings beside the XML as the file does', () => {
    const [wanted, installed] = [
      made({ mtu: 1_300, 'interface-metric': 7, 'outage-seconds': 60 }),
      made({ 'outage-seconds': 61 }),
    ]
    const differences = pure.differences(wanted, installed)
    expect(differences).toContainEqual({ setting: 'mtu', wanted: '1300', installed: '1400' })
    expect(differences).toContainEqual({ setting: 'interface-metric', wanted: '7', installed: '0' })
    expect(differences).toContainEqual({ setting: 'outage-seconds', wanted: '60', installed: '61' })
  })

  it.each(['a:b', 'a*b', '.a', 'a|b'])('are refused where Windows takes no such name: %s', (name) => {
    expect(() => made({ name })).toThrow(/Windows takes no profile named/)
  })
})

/** A Windows whose PowerShell is a script: it keeps what it is asked, and answers what it is told to. */
const machine = async (answer: unknown, instead?: string) => {
  const SystemRoot = await temporaryFolder()
  const folder = join(SystemRoot, 'System32/WindowsPowerShell/v1.0')
  await mkdir(folder, { recursive: true })
  await writeFile(join(SystemRoot, 'answer'), Buffer.from(JSON.stringify(answer)).toString('base64'))
  const text = `#!/bin/sh\ncat >"$SystemRoot/asked"\n${instead ?? 'cat "$SystemRoot/answer"'}\n`
  await writeFile(join(folder, 'powershell.exe'), text, { mode: 0o755 })
  const environment = { PATH: process.env['PATH'], SystemRoot, ProgramW6432: join(SystemRoot, 'programs') }
  const asked = async () =>
    (
      JSON.parse(Buffer.from(await readFile(join(SystemRoot, 'asked'), 'latin1'), 'base64').toString()) as {
        readonly request: unknown
      }
    ).request
  return { root: SystemRoot, place: windowsPlace(environment), environment, asked }
}

/** How a run of the script is told to stop. */
const stopFile = '"$SystemRoot/programs/Mayfly/profiles/stop"'

const until = async (happened: () => boolean): Promise<void> => {
  for (let waited = 0; !happened(); waited += 20) {
    if (waited > 20_000) throw new Error('It did not happen within 20 s.')
    await sleep(20)
  }
}

describe.skipIf(process.platform === 'win32')('the place of profiles of Windows', () => {
  const one = made({ name: 'Büro', mtu: 1_300 })
  const beside = JSON.parse(one.parts.get('phonebook') ?? '') as object

  it('asks for what it made, and finds it again', async () => {
    const { place, asked } = await machine({ left: '' })
    await place.apply(one, undefined, never)
    const xml = one.parts.get('ProfileXML')
    expect(await asked()).toEqual({ action: 'apply', name: 'Büro', xml, beside, stop: 'stop' })
    const listing = await machine({ profiles: [{ name: 'Büro', xml, beside }] })
    const [found] = await listing.place.installed(never)
    expect(found && place.differences(one, found)).toEqual([])
    expect(await listing.asked()).toEqual({ action: 'list' })
    expect(await listing.place.installed(never, true)).toEqual([found])
    expect(await listing.asked()).toEqual({ action: 'look' })
    await place.remove(one, never)
    expect(await asked()).toEqual({ action: 'remove', name: 'Büro' })
  })

  it('finds no setting where there is none, which differs', async () => {
    const none = { ...beside, phonebook: { VpnStrategy: '8' } }
    const { place } = await machine({ profiles: [{ name: 'Büro', xml: '', beside: none }] })
    const [found] = await place.installed(never)
    const differences = found ? place.differences(one, found) : []
    expect(differences).toContainEqual({ setting: 'protocol', wanted: 'ikev2', installed: 'strategy 8' })
    expect(differences).toContainEqual({ setting: 'outage-seconds', wanted: '1800', installed: undefined })
    expect(differences.map(({ setting }) => setting)).toContain('ProfileXML')
  })

  it('tells in words what failed, and takes no state for down that it cannot tell (fault 7)', async () => {
    const { place, environment } = await machine({ failed: 'Zugriff verweigert (0x80070005)' })
    const why = /Zugriff verweigert \(0x80070005\)\.$/
    await expect(place.apply(one, undefined, never)).rejects.toThrow(why)
    await expect(place.remove(one, never)).rejects.toThrow(why)
    await expect(place.installed(never)).rejects.toThrow(why)
    expect(await place.state('Büro', never)).toBe('unknown')
    expect(await ipv6GatewayOfWindows(environment, never)).toBeUndefined()
  })

  it('asks nobody whether a tunnel is up that has an interface with addresses', async () => {
    const { environment, root } = await machine({ state: 'down' })
    const place = windowsPlace(environment, 'windows', () => ({ Büro: [] }))
    expect(await place.state('Büro', never)).toBe('up')
    expect(existsSync(join(root, 'asked'))).toBe(false)
    expect(await place.state('Büro 2', never)).toBe('down')
  })

  it('tells state and gateway as Windows does', async () => {
    const { place } = await machine({ state: 'down' })
    expect(await place.state('Büro', never)).toBe('down')
    const strange = await machine({ state: 'Getrennt' })
    expect(await strange.place.state('Büro', never)).toBe('unknown')
    for (const [ipv6, told] of [
      [true, true],
      [false, false],
      [null, undefined],
    ])
      expect(await ipv6GatewayOfWindows((await machine({ ipv6 })).environment, never)).toBe(told)
  })

  it('has a run that is told to stop come to its end, and waits for it (fault 3)', async () => {
    const { place, root } = await machine(
      { failed: 'it was told to stop; the old one is in force' },
      `touch "$SystemRoot/runs"; until [ -e ${stopFile} ]; do sleep 0.05; done; cat "$SystemRoot/answer"`,
    )
    const stop = new AbortController()
    const applied = place.apply(one, undefined, stop.signal)
    const refused = applied.catch(String)
    await until(() => existsSync(join(root, 'runs')))
    stop.abort()
    expect(await refused).toMatch(/told to stop; the old one is in force/)
    expect(existsSync(join(root, 'programs/Mayfly/profiles/stop'))).toBe(false)
  })

  it('kills within five seconds what does not end, and anything that only reads at once (fault 3)', async () => {
    const { place, root } = await machine({}, 'touch "$SystemRoot/runs"; exec sleep 600')
    const stop = new AbortController()
    const applied = place.apply(one, undefined, stop.signal)
    const refused = applied.catch(String)
    await until(() => existsSync(join(root, 'runs')))
    const begun = Date.now()
    stop.abort()
    expect(await refused).toMatch(/was stopped/)
    expect(Date.now() - begun).toBeLessThan(5_000 + 15_000)
    await expect(place.installed(stop.signal)).rejects.toThrow(/was stopped/)
    await expect(place.apply(one, undefined, stop.signal)).rejects.toThrow(/aborted/)
  })
})
