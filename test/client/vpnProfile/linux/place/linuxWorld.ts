import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { printFault } from '../../../../../client/agent/configurationFault.ts'
import { networkManagerPlace } from '../../../../../client/vpnProfile/linux/place/networkManagerPlace.ts'
import { openVpnPlace } from '../../../../../client/vpnProfile/linux/place/openVpnPlace.ts'
import { strongSwanPlace } from '../../../../../client/vpnProfile/linux/place/strongSwanPlace.ts'
import type { ProfileForm, ProfilePlace } from '../../../../../client/vpnProfile/profilePlace.ts'
import { parseProfile } from '../../../../../client/vpnProfile/readProfile.ts'
import { routedPrefixes } from '../../../../../client/vpnProfile/routedPrefixes.ts'
import { resolvedOf } from '../../resolvedOf.ts'
import { vpnTomlOf } from '../../vpnTomlOf.ts'

export const places = {
  openvpn: openVpnPlace,
  strongswan: strongSwanPlace,
  networkmanager: networkManagerPlace,
} as const

export const credential = { folder: '/var/lib/mayfly/vpn', user: "o'neil#x@contoso.example" } as const

type Members = Readonly<Record<string, unknown>>

/** Reads a profile whose one tunnel has these members. */
export const tunnelOf = (user: Members) => {
  const read = parseProfile(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], ...user } }), '/')
  if (read.kind === 'faults') throw new Error(read.faults.map(printFault).join('\n'))
  const [tunnel] = read.profile.tunnels
  if (!tunnel) throw new Error('no tunnel')
  return { profile: read.profile, tunnel }
}

/** Makes the form of a tunnel with these members. */
export const formOf = (place: ProfilePlace, user: Members = {}): ProfileForm => {
  const { profile, tunnel } = tunnelOf(user)
  const server = { ...profile.server, authorities: [Uint8Array.of(1, 2, 3)] }
  return place.make({ ...profile, server }, tunnel, routedPrefixes(profile, tunnel, resolvedOf()))
}

/** A folder that stands for the machine's, until the test ends, and programs in the place of its own. */
export const makeRoot = async (programs: Readonly<Record<string, string>> = {}) => {
  const root = await mkdtemp(join(tmpdir(), 'mayfly-place-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, 'bin'))
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(root, 'bin', name), `#!/bin/sh\n${script}\n`)
    await chmod(join(root, 'bin', name), 0o755)
  }
  return { root, environment: { PATH: `${root}/bin:/usr/bin:/bin`, ROOT: root } }
}
