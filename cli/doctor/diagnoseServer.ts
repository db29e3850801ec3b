import { resolve } from 'node:path'
import type { BundleConfiguration } from '../../client/agent/configuration.ts'
import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import { placeName } from '../../client/agent/trustSpec.ts'
import { bundleChecks, installedTrust } from '../../client/check/bundleChecks.ts'
import type { Check } from '../../client/check/check.ts'
import { placeChecks } from '../../client/check/placeChecks.ts'
import { relyingPartyFound } from '../../client/check/relyingPartyFound.ts'
import { serviceChecks } from '../../client/check/serviceChecks.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { chooseService } from '../client/chooseService.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { optionName } from '../commandLine/option.ts'
import { type CheckGroup, diagnoseKept } from './diagnoseKept.ts'
import { type DoctorValues, membersOf } from './doctorOptions.ts'

/** A bundle that a file or options describe; without a URL its service is that of the deployment. */
type DescribedBundle = Omit<BundleConfiguration, 'service'> & {
  readonly service: { readonly url: string | undefined; readonly caFile: string | undefined }
}

const pathOf = (path: string | undefined) => path && resolve(path)

/** @throws {Refusal} `usage-wrong` */
const describedBy = (values: DoctorValues): DescribedBundle => {
  const { tenant, out, url, ca: caFile, anchor: anchors, relyingParty: name, secretFile } = values
  if (tenant === undefined || out === undefined)
    throw new Refusal('usage-wrong', 'Cannot examine a server: give --config FILE, or --tenant and --out.')
  if ((name === undefined) !== (secretFile === undefined))
    throw new Refusal(
      'usage-wrong',
      'Cannot examine a server: --relying-party and --secret-file go together.',
    )
  return {
    service: { url, caFile },
    tenant,
    folder: resolve(out),
    mirrors: values.mirror.map((mirror) => ({ url: mirror, caFile })),
    anchors,
    relyingParty: name === undefined || secretFile === undefined ? undefined : { name, secretFile },
    onTrustChange: pathOf(values.onTrustChange),
    guard: undefined,
  }
}

/** Options are about one bundle, and a file says all of its own. @throws {Refusal} `usage-wrong` */
const checkAlone = (values: DoctorValues, file: string): void => {
  const given = membersOf.server.filter((member) => {
    const value = values[member]
    return member !== 'config' && value !== undefined && value.length > 0
  })
  if (given.length === 0) return
  const names = given.map((member) => `--${optionName(member)}`).join(', ')
  throw new Refusal('usage-wrong', `Cannot take ${names} beside ${file}, which says what is to be examined.`)
}

/** @throws {Refusal} `usage-wrong` */
const bundlesOf = async (
  values: DoctorValues,
  file: string | undefined,
): Promise<readonly DescribedBundle[]> => {
  if (file === undefined) return [describedBy(values)]
  checkAlone(values, file)
  const { bundles } = await readConfiguration(file)
  if (bundles.length > 0) return bundles
  throw new Refusal(
    'usage-wrong',
    `Cannot examine a server: ${file} keeps no bundle. mayfly doctor --client looks at its credentials.`,
  )
}

/** Lists what is asked about a trust bundle that a server keeps, its places and whom it reports as. */
export const serverGroup = async (bundle: DescribedBundle, context: CommandContext): Promise<CheckGroup> => {
  const { tenant, service, mirrors, relyingParty } = bundle
  const { now } = context
  const placeOf = async ({ url, caFile: ca }: DescribedBundle['service']) => {
    const place = { ...(await chooseService(context, { url, ca })), tenant }
    return { ...place, way: serviceChecks(place, { now, environment: process.env }) }
  }
  const own = await placeOf(service)
  const places = [...(await Promise.all(mirrors.map(placeOf))), own]
  const known = installedTrust(bundle)
  const party: readonly Check[] = relyingParty
    ? [
        {
          id: 'relying-party',
          subject: placeName(own.url),
          async ask() {
            await own.way.reached()
            return relyingPartyFound(own, relyingParty, known)
          },
        },
      ]
    : []
  return {
    tenant,
    checks: [
      ...places.flatMap(({ way }) => way.checks),
      ...bundleChecks(bundle, known, { now }),
      ...placeChecks(bundle, places, { known, now }),
      ...party,
    ],
  }
}

/** Examines the trust bundles of a VPN server. @throws {Refusal} `usage-wrong`, `deployment-unknown` */
export const diagnoseServer = (values: DoctorValues, context: CommandContext): Promise<Outcome> =>
  diagnoseKept(values, context, async (file) =>
    Promise.all((await bundlesOf(values, file)).map((bundle) => serverGroup(bundle, context))),
  )
