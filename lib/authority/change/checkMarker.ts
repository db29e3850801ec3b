import { Refusal } from '../../errors/refusal.ts'
import type { Tables } from '../../store/tables.ts'
import type { Configuration } from '../../tenant/configuration.ts'
import { parseTenantId } from '../../tenant/tenantId.ts'
import { maySignFor } from '../maySignFor.ts'
import { readAuthority } from '../authority.ts'

/**
 * Checks that an active issuer of the tenant may sign for the marker of a configuration: else every enrollment would
 * fail once it is in force. A tenant without an authority gets an issuer for the marker it has then.
 * @throws {Refusal} `configuration-invalid` or `tables-unavailable`
 */
export const checkMarker = async (tables: Tables, { tenant, certificate }: Configuration): Promise<void> => {
  const authority = await readAuthority(tables, parseTenantId(tenant))
  const { markerOid } = certificate
  if (!authority || authority.issuers.some(({ extKeyUsage }) => maySignFor(extKeyUsage, markerOid))) return
  throw new Refusal(
    'configuration-invalid',
    `Cannot accept the configuration: certificate.markerOid: no active issuer of ${tenant} may sign for ${markerOid}; run mayfly authority stage-issuer --marker ${markerOid}, and activate that first.`,
  )
}
