import { spawn } from 'node:child_process'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { networkManagerPlace } from '../../../../../client/vpnProfile/linux/place/networkManagerPlace.ts'
import { openVpnPlace } from '../../../../../client/vpnProfile/linux/place/openVpnPlace.ts'
import { credential, formOf, makeRoot } from './linuxWorld.ts'

const never = new AbortController().signal
const keyfile = '/etc/NetworkManager/system-connections/mayfly-contoso-user.nmconnection'

/**
 * Stands in for nmcli: profiles are loaded by their files, those with a word of `refuses` are not, and `drops` is a setting that
 * it leaves out without a word.
 */
const nmcli = `echo "$*" >>"$ROOT/called"
file=$ROOT${keyfile}
case "$*" in 'connection load '*|'connection reload') [ ! -e "$ROOT/hangs" ] || { rm "$ROOT/hangs"; sleep 60; };; esac
case "$*" in
  --offline*) sed "/^$(cat "$ROOT/drops")/d";;
  'connection load '*) grep -q "$(cat "$ROOT/refuses")" "$file" || cp "$file" "$ROOT/loaded";;
  'connection reload') [ -e "$file" ] || rm -f "$ROOT/loaded";;
  *--active) sed -n "s/^uuid=\\(.*\\)/\\1:$(cat "$ROOT/active")/p" "$ROOT/loaded";;
  *UUID,FILENAME*) [ ! -e "$ROOT/loaded" ] || sed -n "s|^uuid=\\(.*\\)|\\1:$file|p" "$ROOT/loaded";;
  *vpn.data*) sed -n 's/^remote-ts=/address = x, remote-ts = /p' "$ROOT/loaded";;
esac`

const networkManager = async () => {
  const machine = await makeRoot({ nmcli })
  const set = (name: string, text: string) => writeFile(join(machine.root, name), text)
  for (const [name, text] of [
    ['drops', 'nothing'],
    ['refuses', 'nothing'],
    ['active', 'activated'],
  ] as const)
    await set(name, text)
  const place = networkManagerPlace(machine, credential)
  const files = async () => {
    const folders = ['/etc/NetworkManager/system-connections', '/etc/mayfly/networkmanager']
    const names = await Promise.all(folders.map((folder) => readdir(machine.root + folder).catch(() => [])))
    return names.flat()
  }
  const read = () => readFile(machine.root + keyfile, 'utf8')
  return { machine, place, set, files, read }
}

describe('networkManagerPlace()', () => {
  it('installs a profile that nobody else can read, and takes it away whole', async () => {
    const { machine, place, files } = await networkManager()
    const form = formOf(place)
    await place.apply(form, undefined, never)
    expect((await stat(machine.root + keyfile)).mode & 0o777).toBe(0o600)
    expect(await place.installed(never)).toEqual([form])
    expect(await files()).toHaveLength(2)
    await place.remove(form, never)
    expect(await files()).toEqual([])
  })

  it('touches nothing where NetworkManager drops a setting without a word', async () => {
    const { place, set, files } = await networkManager()
    await set('drops', 'remote-identity')
    const applied = place.apply(formOf(place), undefined, never)
    await expect(applied).toRefuse(
      'profile-not-applied',
      /does not take vpn\.remote-identity; nothing was changed/,
    )
    expect(await files()).toEqual([])
  })

  it('puts the old profile back where the new one is not loaded (fault 2)', async () => {
    const { place, set, files, read } = await networkManager()
    const old = formOf(place)
    await place.apply(old, undefined, never)
    const [before, names] = [await read(), await files()]
    await set('refuses', '172.16.0.0/12')
    const applied = place.apply(formOf(place, { routes: ['172.16.0.0/12'] }), old, never)
    await expect(applied).toRefuse(
      'profile-not-applied',
      /has its networks otherwise; the old one is in force again/,
    )
    expect(await read()).toBe(before)
    expect(await files()).toEqual(names)
    expect(await place.installed(never)).toEqual([old])
  })

  it('leaves nothing of a first profile that is not loaded (fault 2)', async () => {
    const { place, set, files } = await networkManager()
    await set('refuses', 'uuid')
    const applied = place.apply(formOf(place), undefined, never)
    await expect(applied).toRefuse('profile-not-applied', /does not load it; it is not there/)
    expect(await files()).toEqual([])
  })

  it('ends soon after it is told to stop, with the old profile in place', async () => {
    const { machine, place, set, read } = await networkManager()
    const old = formOf(place)
    await place.apply(old, undefined, never)
    const before = await read()
    /** Does something, and tells it to stop while nmcli hangs. */
    const stopped = async (act: (signal: AbortSignal) => Promise<void>): Promise<void> => {
      await set('hangs', '')
      const stopping = new AbortController()
      const acting = act(stopping.signal)
      acting.catch(() => undefined)
      await vi.waitFor(async () => expect(await readdir(machine.root)).not.toContain('hangs'), 20_000)
      stopping.abort()
      return acting
    }
    const stop = new AbortController()
    stop.abort()
    const applied = place.apply(formOf(place, { routes: ['172.16.0.0/12'] }), old, stop.signal)
    await expect(applied).toRefuse('profile-not-applied', /nothing was changed/)
    const late = formOf(place, { routes: ['10.1.0.0/16'] })
    await expect(stopped((signal) => place.apply(late, old, signal))).toRefuse(
      'profile-not-applied',
      /was stopped|not load it.*the old one is in force again/,
    )
    expect(await read()).toBe(before)
    const removing = stopped((signal) => place.remove(old, signal))
    await expect(removing).toRefuse('profile-not-applied', /its files are gone, and /)
  })

  it.each([
    ['activated', 'up'],
    ['activating', 'unknown'],
    ['aktiviert', 'unknown'],
  ] as const)('takes a tunnel that is %s for %s', async (said, state) => {
    const { place, set } = await networkManager()
    expect(await place.state('mayfly-contoso-user', never)).toBe('down')
    await place.apply(formOf(place), undefined, never)
    await set('active', said)
    expect(await place.state('mayfly-contoso-user', never)).toBe(state)
  })

  it('leaves the authority of a profile that others made', async () => {
    const { machine, place } = await networkManager()
    const [folder, authority] = [dirname(keyfile), join(machine.root, 'etc/ssl/ca.pem')]
    await mkdir(join(machine.root, folder), { recursive: true })
    await mkdir(dirname(authority), { recursive: true })
    await writeFile(authority, 'theirs')
    const other = '[connection]\nid=Old\nuuid=1\ntype=vpn\n[vpn]\ncertificate=/etc/ssl/ca.pem\n'
    await writeFile(join(machine.root, folder, 'Old.nmconnection'), other)
    await writeFile(join(machine.root, folder, 'lan.nmconnection'), '[connection]\ntype=ethernet\n')
    const [found, ...more] = await place.installed(never)
    expect([found?.name, [...(found?.parts.values() ?? [])], more]).toEqual(['Old', ['theirs', other], []])
    if (found) await place.remove(found, never)
    expect(await readFile(authority, 'utf8')).toBe('theirs')
    expect(await readdir(join(machine.root, folder))).toEqual(['lan.nmconnection'])
  })
})

/** Refuses a configuration with `bad` in it as OpenVPN does; waits at its management socket with any other. */
const openvpn = `[ -z "$(grep bad)" ] || { echo 'Options error: bad'; echo 'Use --help for more information.'; exit 1; }
while [ "$1" != --management ]; do shift; done
: >"$2"
sleep 60`

const socketPath = '/run/openvpn-client/mayfly-contoso-user.socket'

/** Starts a process that is called openvpn, as the unit does. */
const start = async (root: string): Promise<void> => {
  await mkdir(dirname(root + socketPath), { recursive: true })
  const child = spawn(join(root, 'bin/openvpn'), ['--management', join(root, 'unused')], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  onTestFinished(() => void process.kill(-(child.pid ?? 0)))
  await vi.waitFor(async () => expect(await readdir(root)).toContain('unused'), 20_000)
  await writeFile(root + socketPath.replace('.socket', '.pid'), `${child.pid}\n`)
}

/** The management socket of a running OpenVPN: of which state it is, and what it was told. */
const running = async (root: string, state: { now: string }) => {
  const heard: string[] = []
  await start(root)
  const server: Server = createServer((socket) => {
    socket.write('>INFO:OpenVPN Management Interface Version 5\r\n')
    socket
      .on('error', () => undefined)
      .on('data', (octets) => {
        const command = octets.toString().trim()
        heard.push(command)
        socket.write(
          command === 'state' ? `1700000000,${state.now},,10.8.0.2,,,,\r\nEND\r\n` : 'SUCCESS: it is\r\n',
        )
      })
  })
  await new Promise<void>((resolve) => void server.listen(root + socketPath, resolve))
  onTestFinished(() => void server.close())
  return heard
}

describe('openVpnPlace()', () => {
  const path = '/etc/openvpn/client/mayfly-contoso-user.conf'

  it('has OpenVPN read a configuration before it is in place', async () => {
    const machine = await makeRoot({ openvpn })
    const place = openVpnPlace(machine, credential)
    const form = formOf(place)
    const wrong = { ...form, parts: new Map([[path, 'bad\n']]) }
    await expect(place.apply(wrong, undefined, never)).toRefuse(
      'profile-not-applied',
      /openvpn ended with 1: Options error: bad; nothing was changed/,
    )
    expect(await place.installed(never)).toEqual([])
    await place.apply(form, undefined, never)
    expect(await place.installed(never)).toEqual([form])
    expect(await place.state(form.name, never)).toBe('down')
  })

  it('tells up from down by what the process says, and takes one that it cannot ask for unknown', async () => {
    const machine = await makeRoot({ openvpn })
    const place = openVpnPlace(machine, credential)
    const form = formOf(place)
    await place.apply(form, undefined, never)
    const state = { now: 'CONNECTED' }
    const heard = await running(machine.root, state)
    expect(await place.state(form.name, never)).toBe('up')
    state.now = 'RECONNECTING'
    expect(await place.state(form.name, never)).toBe('down')
    await place.apply(formOf(place, { routes: ['10.1.0.0/16'] }), form, never)
    expect(heard.slice(2)).toEqual(['signal SIGHUP', 'state'])
    // Who may not see the process of another user is told by the socket.
    await writeFile(machine.root + socketPath.replace('.socket', '.pid'), '999999999\n')
    state.now = 'CONNECTED'
    expect(await place.state(form.name, never)).toBe('up')
    await writeFile(machine.root + path, 'remote other\n')
    expect(await place.state(form.name, never)).toBe('unknown')
  })

  it('puts the old configuration back where OpenVPN cannot be told of the new one (fault 2)', async () => {
    const machine = await makeRoot({ openvpn })
    const place = openVpnPlace(machine, credential)
    const old = formOf(place)
    await place.apply(old, undefined, never)
    await start(machine.root)
    const applied = place.apply(formOf(place, { routes: ['10.1.0.0/16'] }), old, never)
    await expect(applied).toRefuse('profile-not-applied', /ENOENT; the old files are back, and .*ENOENT/)
    expect(await place.installed(never)).toEqual([old])
  })
})
