import { type TunnelKind, tunnelKinds } from '../../client/vpnProfile/vpnProfile.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parsed, required, text } from '../commandLine/option.ts'

const parseKind = (given: string): TunnelKind => {
  const found = tunnelKinds.find((kind) => kind === given)
  if (found !== undefined) return found
  throw new Refusal('usage-wrong', `Cannot read --tunnel: it is one of ${tunnelKinds.join(', ')}.`)
}

/** What profiles are made of, and which of the file's tunnels is meant. */
export const profileOptions = {
  file: required(text('FILE', 'a vpn.toml, see docs/profiles.md', { short: 'f' })),
  tunnel: parsed('KIND', 'user, backup or device; the only one when left out', parseKind, {
    choices: tunnelKinds,
  }),
}
