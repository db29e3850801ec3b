import { createHash } from 'node:crypto'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { markersOf } from '../serverConfig/markersOf.ts'
import type { VpnProfile } from './vpnProfile.ts'

const sha1 = (der: Uint8Array): string => createHash('sha1').update(der).digest('hex')

const refuse = (why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the profile: ${why}.`)

/**
 * Fills in what the bundle of the tenant knows: its issuers, staged ones too, since a roll-over must find them in the profile
 * already, and its marker where all issuers have one.
 * @throws {Refusal} `configuration-invalid` where the server would be one of the tenant's certificates
 */
export const withTrusted = (profile: VpnProfile, bundle: TrustBundle): VpnProfile => {
  const authorities = [...bundle.roots, ...bundle.issuers].map(({ der }) => sha1(der))
  const own = profile.server.roots.find((root) => authorities.includes(root))
  if (own !== undefined)
    throw refuse(
      `server.roots has ${own}, which is of ${profile.tenant}: a client's certificate could pass as the server`,
    )
  const [marker, ...others] = markersOf(bundle)
  const { certificate } = profile
  return {
    ...profile,
    certificate: {
      ...certificate,
      issuers: [...new Set([...certificate.issuers, ...bundle.issuers.map(({ der }) => sha1(der))])],
      marker: certificate.marker ?? (others.length === 0 ? marker : undefined),
    },
  }
}
