import type { Configuration, TokenIssuer } from './configuration.ts'
import type { DirectorySource, EvidenceSources } from './evidence.ts'

type Configured = Pick<Configuration, 'tokenIssuers' | 'evidence'>

/** Tells whether nobody names the device that evidence is about: by the key alone it counts where any machine will do. */
const lacksDevice = ({ tokenIssuers }: Configured, { anyMachine, directory }: EvidenceSources): boolean =>
  tokenIssuers.every(({ deviceIdClaim }) => deviceIdClaim === undefined) &&
  (!anyMachine || directory !== undefined)

/** Tells whether tokens of an issuer name the user as the directory does: else it proves nothing of whose device it is. */
const namesUser = (issuer: TokenIssuer, { directoryId, userIdClaim }: DirectorySource): boolean =>
  userIdClaim !== undefined || (issuer.kind === 'entra' && issuer.directoryId === directoryId)

/** Tells whether the directory can prove the device of tokens of an issuer. */
export const isKnownToDirectory = (issuer: TokenIssuer, directory: DirectorySource | undefined): boolean =>
  directory !== undefined && issuer.deviceIdClaim !== undefined && namesUser(issuer, directory)

/** Lists, by member, why evidence could count for no request; empty where some may. */
export const evidenceObstacles = (configured: Configured): readonly string[] => {
  const { evidence } = configured
  if (!evidence) return []
  const { directory } = evidence
  return [
    lacksDevice(configured, evidence) &&
      'tokenIssuers: none of them names the device (deviceIdClaim) that evidence is about',
    directory &&
      !configured.tokenIssuers.some((issuer) => namesUser(issuer, directory)) &&
      'evidence.directory.userIdClaim: no token issuer is this directory, whose tokens name the user as it does',
  ].filter((why) => typeof why === 'string')
}
