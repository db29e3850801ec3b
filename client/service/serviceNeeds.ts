import { dirname } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Configuration, CredentialConfiguration } from '../agent/configuration.ts'
import type { ProfilesConfiguration } from '../agent/profilesConfiguration.ts'
import { clientFolders } from '../vpnProfile/linux/clientFolders.ts'
import type { ServiceNeeds } from './agentService.ts'

/** Nobody is there to sign in to a service, and what is remembered in memory ends with the program that asked. */
const isForgotten = ({ token }: CredentialConfiguration): boolean => 'remember' in token && !token.remember

/** A client of Linux reads profiles from folders of its own; Windows is told of them. */
const foldersOf = ({ folder, place }: ProfilesConfiguration): readonly string[] => [
  folder,
  ...('credential' in place ? clientFolders[place.platform] : []),
]

/**
 * Tells what a configuration has an agent use.
 * @throws {Refusal} `install-refused` where it has somebody sign in whom no service can ask
 */
export const serviceNeeds = ({ logFile, credentials, bundles, profiles }: Configuration): ServiceNeeds => {
  const forgotten = credentials.filter(isForgotten).map(({ folder }) => folder)
  if (forgotten.length > 0)
    throw new Refusal(
      'install-refused',
      `Cannot install a service for ${forgotten.join(', ')}: a service cannot ask anybody to sign in, and without "remember = true" nothing is left of a sign-in.`,
    )
  return {
    writable: [
      ...credentials.map(({ folder }) => ({ path: folder, isPrivate: true })),
      ...bundles.map(({ folder }) => ({ path: folder, isPrivate: false })),
      ...profiles.flatMap(foldersOf).map((path) => ({ path, isPrivate: false })),
      ...(logFile === undefined ? [] : [{ path: dirname(logFile), isPrivate: false }]),
    ],
    usesTpm: credentials.some(({ keys }) => keys.keyProvider === 'tpm2'),
    runsHooks: [
      ...credentials.flatMap(({ onRenew, onRefused }) => [onRenew, onRefused]),
      ...bundles.map(({ onTrustChange }) => onTrustChange),
    ].some((hook) => hook !== undefined),
    hasLog: logFile !== undefined,
  }
}
