import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { readSecret } from '../readSecret.ts'
import { checkRelyingParty, reportAdoption } from '../reportAdoption.ts'
import type { InstalledTrust } from './bundleChecks.ts'
import { type Found, ok, problem, warning } from './finding.ts'
import type { ServicePlace } from './serviceChecks.ts'

/** The digest of no bundle: a service that knows who reports it records nothing. */
const noBundle = { sequence: 0, sha256: { json: '0'.repeat(64), jws: '0'.repeat(64) } }

/** Tells a service of a bundle that there is not. @returns its refusal */
const refusalOf = async (
  { url, ca, tenant }: ServicePlace,
  { name, secret }: { readonly name: string; readonly secret: string },
): Promise<Refusal> => {
  const relyingParty = { url, ca, name, secret }
  checkRelyingParty(relyingParty)
  try {
    await reportAdoption({ tenant, relyingParty, bundle: noBundle, attempts: 1 })
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  return new Refusal('service-answer-invalid', 'The service recorded a bundle that there is not.')
}

/**
 * Checks whether the service takes a relying party by its secret, without reporting anything, and what it reported last.
 * @throws {Refusal} `secret-file-refused`, `usage-wrong`; and what the service says beside
 */
export const relyingPartyFound = async (
  service: ServicePlace,
  { name, secretFile }: { readonly name: string; readonly secretFile: string },
  { state, trusted }: InstalledTrust,
): Promise<Found> => {
  const secret = await readSecret(secretFile)
  const refusal = await refusalOf(service, { name, secret })
  if (refusal.code === 'relying-party-refused')
    return problem(
      `the service does not take ${name} by the secret of ${secretFile}`,
      catalogue['relying-party-refused'].remedy,
    )
  if (refusal.code !== 'bundle-unknown') throw refusal
  const { reported } = await state()
  const { installed } = await trusted()
  const told = reported
    ? `bundle ${reported.sequence} was reported at ${rfc3339(new Date(reported.at))}`
    : 'nothing was reported yet'
  if (installed && (reported?.sequence ?? 0) < installed.sequence)
    return warning(
      `the service takes ${name} by its secret; ${told}, and ${installed.sequence} is installed`,
      'The agent reports what servers loaded: see trust-loaded. Until then the authority waits for this server.',
    )
  return ok(`the service takes ${name} by its secret; ${told}`)
}
