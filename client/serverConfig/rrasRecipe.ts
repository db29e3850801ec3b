import type { MakeRecipe } from './recipe.ts'
import { endSessionsScript, rrasScript } from './rrasScript.ts'
import { windowsFiles, windowsSteps } from './windowsFiles.ts'

/** Routing and Remote Access of Windows with IKEv2 (RFC 7296) and certificates, which asks no RADIUS server. */
export const rrasRecipe: MakeRecipe = (settings) => ({
  files: windowsFiles(settings, {
    kind: 'rras',
    stores: { root: ['Root'], issuer: ['CA'] },
    service: '',
    items: rrasScript,
    others: { 'End-Sessions.ps1': endSessionsScript },
    isGuarded: true,
  }),
  steps: [
    'copy what is beneath the folder to C:\\, as administrator',
    `RRAS has a certificate for ${settings.serverName} with server authentication, of a CA that clients trust`,
    ...windowsSteps('rras'),
    ...(settings.relyingParty
      ? []
      : [
          'without --relying-party nobody tells which users are denied: their sessions end when they last longer than a certificate lives',
        ]),
    'a root that is put to work: RRAS takes one root, so that the hook changes it, starts RRAS anew, and every tunnel ends; certificates of the root before are refused from then on, and clients renew',
  ],
  cannotCheck: [
    'which issuer signed: RRAS knows the root alone. A tainted issuer is in the store Disallowed where this server had it in a bundle; one that is set up after the taint lets its certificates in until the root is retired',
    'whether the user is who the certificate names, in a directory: none is asked. A certificate that is valid is enough',
    ...(settings.policyOid === undefined
      ? []
      : [`the policy ${settings.policyOid}: the marker stands in for it`]),
  ],
  ends: `${settings.lifetimeSeconds} s after it began and a minute at the latest, by the task "Mayfly sessions"; sooner by mayfly agent guard`,
})
