import type { BundleConfiguration, ServiceSettings } from '../../client/agent/configuration.ts'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { trustHook } from '../../client/agent/trustHook.ts'
import type { TrustSpec } from '../../client/agent/trustSpec.ts'
import { readSecret } from '../../client/readSecret.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'

const placeOf = ({ url, caFile }: ServiceSettings) => ({
  url,
  ca: caFile === undefined ? undefined : readAuthorities(caFile),
})

/** Opens a trust bundle that a configuration describes. @throws {Refusal} `secret-file-refused`, `certificate-malformed`, `usage-wrong` */
export const openBundle = async (bundle: BundleConfiguration, world: AgentWorld): Promise<TrustSpec> => {
  const { folder, tenant, anchors, relyingParty, onTrustChange } = bundle
  const service = placeOf(bundle.service)
  return {
    folder,
    tenant,
    anchors,
    places: [...bundle.mirrors.map(placeOf), service],
    relyingParty: relyingParty && {
      ...service,
      name: relyingParty.name,
      secret: await readSecret(relyingParty.secretFile),
    },
    onTrustChange: onTrustChange === undefined ? undefined : trustHook(onTrustChange, folder, world),
  }
}
