import { npsScript } from './npsScript.ts'
import type { MakeRecipe } from './recipe.ts'
import { windowsFiles, windowsSteps } from './windowsFiles.ts'

/** Network Policy Server of Windows, for RRAS and others that ask a RADIUS server. */
export const npsRecipe: MakeRecipe = (settings) => ({
  files: windowsFiles(settings, {
    kind: 'nps',
    stores: { root: ['Root'], issuer: ['CA', 'NTAuth'] },
    service: 'IAS',
    items: npsScript,
  }),
  steps: [
    'copy what is beneath the folder to C:\\, as administrator',
    `the network policy ${settings.networkPolicy} is there, made in the console of NPS with its conditions and, for "Microsoft: Smart Card or other certificate", a certificate of this server for ${settings.serverName}`,
    ...windowsSteps('nps'),
    'restart Windows, once, at a time that suits you: IgnoreNoRevocationCheck counts from then on; the scripts tell while it is due',
    'in a domain an Enterprise Admin publishes each issuer besides, before it is put to work: certutil -dspublish -f issuer.cer NTAuthCA. Policy writes the store NTAuth anew from there; and takes a tainted one out there',
    'NPS asks another NPS: IgnoreNoRevocationCheck, with its restart, on both',
    settings.sid === 'required'
      ? 'certificates carry the SID of the user, by which domain controllers know whose they are (KB5014754)'
      : 'let the tenant have certificate.sid with mode required: since KB5014754 domain controllers take no certificate by its UPN alone',
  ],
  cannotCheck: [
    'the end of the certificate while the session lasts: the session limit, and no resumption of TLS, stand in for it',
    ...(settings.policyOid === undefined
      ? []
      : [`the policy ${settings.policyOid}: the marker stands in for it`]),
  ],
  ends: `${settings.lifetimeSeconds} s after it began at the latest, by the Session-Timeout of the network policy, where the VPN server heeds it`,
})
