import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../../../cli/commandLine/command.ts'
import type { Deployment } from '../../../lib/deployment/deployment.ts'
import { recordAdoption } from '../../../lib/authority/adopt/adoption.ts'
import { partiesOf } from '../../../lib/authority/adopt/parties.ts'
import { type Authority, readAuthority } from '../../../lib/authority/authority.ts'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services } from '../../../lib/enroll/services.ts'
import { localKeys } from '../../../lib/keys/localKeys.ts'
import { dailyTablesAhead } from '../../../lib/ledger/record/ledgerKey.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testTables } from '../../azurite.ts'
import { runCommand, testDeployment } from '../../cli/runCommand.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer, testNetwork } from '../../tokens.ts'
import { ampleTime, servicesOf, enrollmentOf, makeDeviceKey, uniqueTenantId } from '../../world.ts'
import type { HeldLeaf } from './adopt/relyingServer.ts'

/** A tenant that is administered by the commands of `mayfly` alone, while instances of the app enroll for it. */
export interface CliTenant {
  readonly id: string
  readonly tables: Tables
  readonly deployment: Deployment
  /** The time, which stands still until a test sets it. */
  now: Date
  /** Runs a command for the tenant as `mayfly` does; whoever is asked agrees. */
  run(command: string): Promise<Outcome>
  authority(): Promise<Authority>
  /** Another instance of the app: what it caches, it caches for itself. */
  instance(): Services
  /** Enrolls a new key with a new token. */
  enroll(instance: Services): Promise<HeldLeaf>
  /** Does what `POST /v1/{tenant}/adoptions` does when a server's agent tells that it installed the bundle in force. */
  report(relyingParty: string, secret: string): Promise<void>
}

/** Makes a tenant, and the ledgers of some days; it has no authority yet. */
export const createCliTenant = async ({
  start,
  days,
  document = {},
}: {
  readonly start: Date
  readonly days: number
  readonly document?: Members
}): Promise<CliTenant> => {
  const folder = await temporaryFolder()
  const deployment = testDeployment(folder)
  const tables = await testTables(start)
  await tables.create(dailyTablesAhead(start, days))
  const id = uniqueTenantId()
  const tenant = parseTenantId(id)
  const now = () => cliTenant.now
  const issuer = await genericTestIssuer(`https://issuer.example/${id}`, { now })
  const network = testNetwork([issuer])
  const source = localKeys(join(folder, 'keys'))
  const cliTenant: CliTenant = {
    id,
    tables,
    deployment,
    now: start,
    run: (command) =>
      runCommand([...command.split(' '), '--tenant', id], deployment, { now: now(), answer: true }),
    async authority() {
      const authority = await readAuthority(tables, tenant)
      if (authority) return authority
      throw new Error('The tenant has no authority.')
    },
    instance: () => servicesOf(tables, { network, source, now }),
    async enroll(instance) {
      const [token, csr] = [await issuer.token(), makeDeviceKey().csr()]
      const { entry, chain } = await enroll(enrollmentOf({ tenant: id, token, csr }), instance)
      return { ...entry, chain }
    },
    async report(name, secret) {
      const { bundle } = await cliTenant.authority()
      const adoption = { tenant: id, name, secret, readSha256: async () => bundle.digests['trust.jws'] }
      const parties = partiesOf(tables, () => now().getTime())
      await recordAdoption(adoption, { tables, parties, deadline: ampleTime(), ...cliTenant.instance() })
    },
  }
  const file = join(folder, 'tenant.json')
  await writeFile(file, JSON.stringify(tenantDocument(id, [genericTrust(issuer)], document)))
  await runCommand(['tenant', 'apply', '-f', file], deployment, { now: start })
  return cliTenant
}
