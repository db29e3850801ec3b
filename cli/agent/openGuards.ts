import { mkdir } from 'node:fs/promises'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { BundleConfiguration } from '../../client/agent/configuration.ts'
import { openDrops } from '../../client/drops/openDrops.ts'
import { guardFiles } from '../../client/guard/guardSpec.ts'
import { type Guard, openGuard } from '../../client/guard/openGuard.ts'
import { openServer } from '../../client/guard/openServer.ts'
import { readSecret } from '../../client/readSecret.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'

const openOne = async (
  { folder, tenant, service, relyingParty, guard }: BundleConfiguration,
  world: AgentWorld,
): Promise<readonly Guard[]> => {
  if (!guard) return []
  // The first bundle may be still to come.
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const party = relyingParty && {
    url: service.url,
    ca: service.caFile === undefined ? undefined : readAuthorities(service.caFile),
    name: relyingParty.name,
    secret: await readSecret(relyingParty.secretFile),
  }
  const drops =
    party &&
    (await openDrops({
      file: guardFiles(folder).drops,
      tenant,
      relyingParty: party,
      now: () => world.now(),
      clock: () => world.clock(),
    }))
  const servers = guard.servers.map((server) => openServer(server, folder, world))
  return [openGuard({ folder, tenant, lifetimeSeconds: guard.lifetimeSeconds, servers, drops }, world)]
}

/**
 * Opens the guards that bundles of a configuration have.
 * @throws {Refusal} `secret-file-refused`, `certificate-malformed`, `usage-wrong`
 */
export const openGuards = async (
  bundles: readonly BundleConfiguration[],
  world: AgentWorld,
): Promise<readonly Guard[]> => (await Promise.all(bundles.map((one) => openOne(one, world)))).flat()
