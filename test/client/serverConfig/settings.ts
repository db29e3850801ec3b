import type { ServerSettings } from '../../../client/serverConfig/recipe.ts'
import { defaultMarkerOid } from '../../lib/profile/fixtures/markerOid.ts'

/** A server of a tenant whose issuers have one marker. */
export const serverSettings: ServerSettings = {
  tenant: 'contoso',
  url: 'https://mayfly.example.com',
  caFile: undefined,
  anchors: ['ab'.repeat(32)],
  relyingParty: undefined,
  markerOids: [defaultMarkerOid],
  policyOid: undefined,
  lifetimeSeconds: 3600,
  longUpn: 'refuse',
  sid: undefined,
  networkPolicy: 'Mayfly',
  trust: '/etc/mayfly/trust',
  serverName: 'vpn.example.com',
  certificate: '/etc/mayfly/server/certificate.pem',
  key: '/etc/mayfly/server/key.pem',
  pool: '10.20.0.0/24',
  networks: ['10.0.0.0/8'],
}
