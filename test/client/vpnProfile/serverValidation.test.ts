import { describe, expect, it } from 'vitest'
import { networkManagerProfile } from '../../../client/vpnProfile/linux/networkManagerProfile.ts'
import { openVpnProfile } from '../../../client/vpnProfile/linux/openVpnProfile.ts'
import { swanctlProfile } from '../../../client/vpnProfile/linux/swanctlProfile.ts'
import { profileXml } from '../../../client/vpnProfile/windows/profileXml.ts'
import { settingChanges } from './settingChanges.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'
import { type Members, tunnelOf } from './windows/writtenProfile.ts'

/** The tunnel of people, with a root of the server as clients other than Windows need it. */
const made = (members: Members) => {
  const { profile, ...rest } = tunnelOf(vpnTomlOf({ user: { routes: ['10.0.0.0/8'], ...members } }))
  const server = { ...profile.server, authorities: [Uint8Array.of(1, 2, 3)] }
  return { ...rest, profile: { ...profile, server } }
}

const texts = {
  windows: (members: Members) => {
    const { profile, tunnel, routed } = made(members)
    return profileXml(profile, tunnel, routed)
  },
  ...Object.fromEntries(
    Object.entries({ openVpnProfile, swanctlProfile, networkManagerProfile }).map(([name, filesOf]) => [
      name,
      (members: Members) =>
        filesOf({ ...made(members), folder: '/var/lib/mayfly/vpn', user: 'ada@contoso.example' })
          .files.map(({ content }) => content)
          .join('\n'),
    ]),
  ),
} as Readonly<Record<string, (members: Members) => string>>

/** What a profile of each client has where it validates the server by its own root and name, and binds PEAP to its TLS. */
const validating: Readonly<Record<string, readonly RegExp[]>> = {
  windows: [
    /PerformServerValidation[^<]*>true</,
    /AcceptServerName[^<]*>true</,
    /<DisableUserPromptForServerValidation>true</,
    /<ServerNames>nps\.example\.com</,
    /<TrustedRootCA>(?:aa ){19}aa ?</,
  ],
  openVpnProfile: [/^remote-cert-tls server$/m, /^verify-x509-name "nps\.example\.com" name$/m, /^<ca>$/m],
  swanctlProfile: [/^\s*auth = pubkey$/m, /^\s*id = "?nps\.example\.com"?$/m, /^\s*cacerts = \S+$/m],
  networkManagerProfile: [/^remote-identity=nps\.example\.com$/m, /^certificate=\S+$/m],
}

describe.each(Object.entries(validating))(
  'no setting switches off the validation of the server: %s',
  (client, all) => {
    it.each(settingChanges)('%s', (_, before, after) => {
      for (const members of [before, after]) {
        const text = texts[client]?.(members) ?? ''
        for (const one of all) expect(text).toMatch(one)
        expect(text).not.toMatch(
          /(?:PerformServerValidation|AcceptServerName|RequireCryptoBinding)[^<]*>false</,
        )
        if (text.includes('MsPeapConnection')) expect(text).toMatch(/<RequireCryptoBinding>true</)
      }
    })
  },
)
