import type { AgentEvent } from '../../client/agent/agentEvent.ts'
import { keepTrust, type TrustPass } from '../../client/agent/keepTrust.ts'
import { trustHook } from '../../client/agent/trustHook.ts'
import type { TrustHook, TrustPlace, TrustSpec, TrustWorld } from '../../client/agent/trustSpec.ts'
import type { RelyingParty } from '../../client/reportAdoption.ts'
import { readSecret } from '../../client/readSecret.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { processWorld } from '../agent/processWorld.ts'
import { anchorOption } from '../authority/anchorOption.ts'
import { askingOf } from './askingOf.ts'
import { type ChosenService, chooseService } from './chooseService.ts'
import { trustOptions } from './trustOptions.ts'
import { serviceOptions } from './serviceOptions.ts'
import { checkAwaited, waitForBundle, waitOptions } from './waitForBundle.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { required, text, type Values } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'

const options = withVariables({
  tenant: tenantOption,
  out: required(text('FOLDER', 'gets trust.pem, certificates/*.pem, trust.json and .jws')),
  anchor: anchorOption('roots that may sign the first bundle; not used after'),
  newAnchor: anchorOption(
    'by hand, once, for a server that knows none of the roots left: these may sign the next bundle, and none of the installed one',
  ),
  mirror: trustOptions.mirror,
  service: text('URL', 'the service or a mirror; that of the deployment when left out'),
  ca: serviceOptions.ca,
  relyingParty: trustOptions.relyingParty,
  secretFile: trustOptions.secretFile,
  reportTo: text(
    'URL',
    'the service to tell, which is no mirror: it gets the secret; that of the deployment when left out',
  ),
  onTrustChange: trustOptions.onTrustChange,
  ...waitOptions,
})

type FetchValues = Values<typeof options>

/** Chooses who gets the secret: what --report-to names or the deployment's own, never what may be a mirror. */
const chooseReport = async (
  { reportTo: url, service, ca }: FetchValues,
  context: CommandContext,
): Promise<ChosenService> => {
  if (url !== undefined || service === undefined) return chooseService(context, { url, ca })
  // --ca is that of the mirror.
  return chooseService(context, { url }).catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.code !== 'deployment-unknown') throw error
    throw new Refusal(
      'usage-wrong',
      'Cannot report: what --service names may be a mirror, which must not get the secret. Name the service with --report-to.',
    )
  })
}

const readRelyingParty = async (
  values: FetchValues,
  context: CommandContext,
): Promise<RelyingParty | undefined> => {
  const { relyingParty: name, secretFile: file, reportTo } = values
  if (name === undefined && file === undefined && reportTo === undefined) return undefined
  if (name === undefined || file === undefined)
    throw new Refusal('usage-wrong', 'Cannot report: --relying-party and --secret-file go together.')
  const secret = await readSecret(file)
  return { ...(await chooseReport(values, context)), name, secret }
}

/** Lists who is asked: mirrors, what --service names, and at the end the service that is told, whoever that is. */
const choosePlaces = async (
  { mirror, service: url, ca }: FetchValues,
  context: CommandContext,
  relyingParty: RelyingParty | undefined,
): Promise<readonly TrustPlace[]> => {
  const mirrors = await Promise.all(mirror.map((one) => chooseService(context, { url: one, ca })))
  const isServed = url !== undefined || relyingParty === undefined || mirrors.length === 0
  const service = isServed ? [await chooseService(context, { url, ca })] : []
  const places = [...mirrors, ...service]
  if (!relyingParty || places.some((place) => place.url === relyingParty.url)) return places
  return [...places, { url: relyingParty.url, ca: relyingParty.ca }]
}

type Fetched = Pick<TrustPass, 'previousSequence' | 'isNew'> & { readonly sequence: number }

const describe = ({ sequence, previousSequence, isNew }: Fetched): string => {
  if (!isNew) return `${sequence}, installed already`
  return previousSequence === undefined ? `${sequence}, the first` : `${sequence}, after ${previousSequence}`
}

const never = new AbortController().signal

const slow =
  (hook: TrustHook, { waiting }: CommandContext): TrustHook =>
  (facts, signal) =>
    waiting('running the hook', () => hook(facts, signal))

const lookOnce = async (spec: TrustSpec, world: TrustWorld) => {
  const { bundle, error, ...pass } = await keepTrust(spec, world, never)
  if (error !== undefined || !bundle) throw error
  return { ...pass, bundle }
}

export const trustFetch = command({
  name: 'trust fetch',
  summary: 'install the trust bundle on a VPN server',
  options,
  async run(values, context) {
    const { tenant, out: folder, anchor: anchors, newAnchor: newAnchors, onTrustChange } = values
    const { now, notice, waiting } = context
    checkAwaited(values)
    await checkOutputFolder('out', folder)
    const relyingParty = await readRelyingParty(values, context)
    const places = await choosePlaces(values, context, relyingParty)
    const report = ({ level, text: said }: AgentEvent) => {
      // What is an error is thrown.
      if (level === 'warning') notice(said)
    }
    const world = { ...processWorld({ now }), report }
    const hook =
      onTrustChange === undefined ? undefined : slow(trustHook(onTrustChange, folder, world), context)
    const spec = { folder, tenant, places, anchors, newAnchors, relyingParty, onTrustChange: hook }
    const { bundle, ...pass } = await waiting(askingOf(...places.map(({ url }) => url)), () =>
      waitForBundle(() => lookOnce(spec, world), { ...values, world }),
    )
    const { sequence, issuedAt, nextActivation, refreshSeconds } = bundle
    const { pem, certificates } = trustFiles(folder)
    const told = formatFields([
      ['bundle', describe({ sequence, ...pass })],
      ['issued', formatTime(issuedAt, now())],
      ...(nextActivation ? [['next activation', formatTime(nextActivation, now())] as const] : []),
      ['refresh', `every ${refreshSeconds} s`],
      ...(relyingParty ? [['reported as', relyingParty.name] as const] : []),
      ['trust.pem', pem],
      ['certificates', certificates],
    ])
    const json = {
      installed: pass.isNew ? 'new' : 'unchanged',
      sequence,
      previousSequence: pass.previousSequence ?? null,
      issuedAt: rfc3339(issuedAt),
      nextActivation: nextActivation ? rfc3339(nextActivation) : null,
      refreshSeconds,
      relyingParty: relyingParty?.name ?? null,
      files: { pem, certificates },
    }
    return { text: told, json }
  },
})
