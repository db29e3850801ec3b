import type { BundleConfiguration } from '../../client/agent/configuration.ts'
import { bundleChecks, installedTrust } from '../../client/check/bundleChecks.ts'
import { profileChecks } from '../../client/check/profileChecks.ts'
import { credentialChecks } from '../../client/check/credentialChecks.ts'
import type { FindingId } from '../../client/check/finding.ts'
import { serviceChecks, type ServicePlace } from '../../client/check/serviceChecks.ts'
import { tokenChecks } from '../../client/check/tokenChecks.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { DescribedCredential } from '../agent/credentialOptions.ts'
import { machineTime } from '../agent/machineTime.ts'
import { described } from '../agent/openAll.ts'
import { chooseService } from '../client/chooseService.ts'
import { processMachine } from '../client/credentialFolderOf.ts'
import { credentialStoreOf } from '../client/credentialStoreOf.ts'
import { signInWorld } from '../client/tokenSourceOf.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { type CheckGroup, diagnoseKept } from './diagnoseKept.ts'
import type { DoctorValues } from './doctorOptions.ts'

/** Looks at a credential: what it holds, and where its next token comes from. */
const credentialGroup = (credential: DescribedCredential, context: CommandContext): CheckGroup => {
  const { tenant, folder, keys } = credential
  const { now } = context
  const openStore = () => credentialStoreOf(folder, keys, context)
  return {
    tenant,
    checks: [
      ...credentialChecks(credential, { time: machineTime(now), machine: processMachine(), openStore }),
      ...tokenChecks(credential, { now, signIn: signInWorld(context, folder) }),
    ],
  }
}

/** Looks at the way to each service once, however many credentials are of it. */
const serviceGroups = async (
  credentials: readonly DescribedCredential[],
  context: CommandContext,
): Promise<readonly CheckGroup[]> => {
  const places = await Promise.all(
    credentials.map(async ({ service: { url, caFile: ca }, tenant }): Promise<ServicePlace> => ({
      ...(await chooseService(context, { url, ca })),
      tenant,
    })),
  )
  const each = new Map(places.map((place) => [JSON.stringify(place), place]))
  const world = { now: context.now, environment: process.env }
  return [...each.values()].map((place) => ({
    tenant: place.tenant,
    checks: serviceChecks(place, world).checks,
  }))
}

/** Lists what is asked about credentials, and about the way to their services. */
export const clientGroups = async (
  credentials: readonly DescribedCredential[],
  context: CommandContext,
): Promise<readonly CheckGroup[]> => [
  ...(await serviceGroups(credentials, context)),
  ...credentials.map((credential) => credentialGroup(credential, context)),
]

/** What there is to say of a bundle to who asks about the client. */
const ofClients: readonly FindingId[] = ['trust-bundle', 'trust-age']

const trustGroup = (bundle: BundleConfiguration, { now }: CommandContext): CheckGroup => ({
  tenant: bundle.tenant,
  checks: bundleChecks(bundle, installedTrust(bundle), { now }).filter(({ id }) => ofClients.includes(id)),
})

/** Examines the client of this machine, as its agent is configured. @throws {Refusal} `usage-wrong`, `deployment-unknown` */
export const diagnoseClient = (values: DoctorValues, context: CommandContext): Promise<Outcome> =>
  diagnoseKept(values, context, async (file) => {
    const { credentials, bundles, profiles } = await described(values, file)
    if (credentials.length + profiles.length === 0)
      throw new Refusal(
        'usage-wrong',
        `Cannot examine a client: ${file} keeps neither a credential nor profiles. mayfly doctor --server looks at its bundles.`,
      )
    return [
      ...(await clientGroups(credentials, context)),
      ...bundles.map((bundle) => trustGroup(bundle, context)),
      ...profiles.map((one) => ({ checks: profileChecks(one, context) })),
    ]
  })
