import { dirname, resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readBoundedFile } from '../../lib/files/readBoundedFile.ts'
import { decodeCertificates } from '../../lib/x509/decodeCertificates.ts'
import {
  type ConfigurationFault,
  type Found,
  foundIn,
  locateFaults,
  printFault,
} from '../agent/configurationFault.ts'
import { checkUnshared } from '../checkUnshared.ts'
import { parseToml } from '../agent/parseToml.ts'
import { configurationInvalid, readConfigurationText } from '../agent/readConfigurationText.ts'
import { profileSchema } from './profileDocument.ts'
import { profileOf } from './profileOf.ts'
import { profileSense } from './profileSense.ts'
import type { VpnProfile } from './vpnProfile.ts'

/** What a vpn.toml comes to: profiles, or what is wrong with them. */
export type ReadProfile =
  | {
      readonly kind: 'profile'
      readonly profile: VpnProfile
      /** The file of `server.ca`. */
      readonly ca: string | undefined
    }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigurationFault[] }

/** More than all roots of a system have. */
const mostCaOctets = 1024 * 1024

const readAuthorities = (file: string): readonly Uint8Array[] => {
  const refuse = (why: string) => new Refusal('configuration-invalid', `Cannot use ${file}: ${why}.`)
  return decodeCertificates(readBoundedFile(file, { mostOctets: mostCaOctets, refuse }))
}

const authoritiesOf = (
  ca: string | undefined,
): { readonly authorities: readonly Uint8Array[]; readonly found: readonly Found[] } => {
  try {
    return { authorities: ca === undefined ? [] : readAuthorities(ca), found: [] }
  } catch (error) {
    const reason = error instanceof Refusal ? error.detail.replace(/\.$/, '') : 'cannot be read'
    return { authorities: [], found: [{ members: ['server', 'ca'], reason }] }
  }
}

/**
 * Parses the text of a vpn.toml. One fault refuses all of it: what is left out of a filter or a route opens or closes traffic.
 * @param base the folder that relative paths begin at.
 */
export const parseProfile = (text: string, base: string): ReadProfile => {
  const toml = parseToml(text)
  if (toml.kind === 'fault') return { kind: 'faults', faults: [toml.fault] }
  const parsed = profileSchema.safeParse(toml.document, { reportInput: true })
  if (!parsed.success) return { kind: 'faults', faults: locateFaults(text, foundIn(parsed.error.issues)) }
  const { server } = parsed.data
  const ca = server.ca === undefined ? undefined : resolve(base, server.ca)
  const read = authoritiesOf(ca)
  const profile = profileOf(parsed.data, { authorities: read.authorities, base })
  const found = read.found.length > 0 ? read.found : profileSense(profile)
  return found.length === 0
    ? { kind: 'profile', profile, ca }
    : { kind: 'faults', faults: locateFaults(text, found) }
}

/** Looks at a vpn.toml. @throws {Refusal} `path-shared` where others could have written it or its `server.ca`, `configuration-invalid` where it cannot be read */
export const inspectProfile = async (file: string): Promise<ReadProfile> => {
  const read = parseProfile(await readConfigurationText(file), dirname(resolve(file)))
  // Whoever writes there vouches for servers.
  if (read.kind === 'profile' && read.ca !== undefined)
    await checkUnshared(read.ca, 'the authorities of the server')
  return read
}

/** How many faults a refusal names; `mayfly profile check` tells all. */
const mostTold = 10

/** Reads a vpn.toml. @throws {Refusal} `path-shared`, `configuration-invalid` naming the faults */
export const readProfile = async (file: string): Promise<VpnProfile> => {
  const read = await inspectProfile(file)
  if (read.kind === 'profile') return read.profile
  throw configurationInvalid(file, read.faults.slice(0, mostTold).map(printFault).join('; '))
}
