import { trustFiles } from '../../client/trustFiles.ts'
import { readTrusted } from '../../client/trustFolder.ts'
import type { VpnProfile } from '../../client/vpnProfile/vpnProfile.ts'
import { withTrusted } from '../../client/vpnProfile/withTrusted.ts'
import { Refusal } from '../../lib/errors/refusal.ts'

/**
 * Fills in what the bundle of a folder knows, which Windows chooses certificates by.
 * @throws {Refusal} `configuration-invalid` where neither file nor bundle tells the issuers, and as withTrusted() does
 */
export const filledIn = async (profile: VpnProfile, trust: string | undefined): Promise<VpnProfile> => {
  const { installed } = trust === undefined ? {} : await readTrusted(trustFiles(trust), profile.tenant)
  const filled = installed ? withTrusted(profile, installed) : profile
  if (filled.certificate.issuers.length > 0) return filled
  throw new Refusal(
    'configuration-invalid',
    `Cannot use the profile: certificate.issuers is empty, and there is no bundle of ${profile.tenant} in ${trust ?? '--trust FOLDER'} that tells them.`,
  )
}
