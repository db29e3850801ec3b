import { type FetchedTrust, fetchTrust, type RelyingParty } from '../../client/fetchTrust.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { readSecretFile } from '../../lib/x509/readSecretFile.ts'
import { anchorOption } from '../authority/anchorOption.ts'
import { type ChosenService, chooseService } from './chooseService.ts'
import { caOption } from './enroll.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { required, text, type Values } from '../commandLine/option.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { tenantOption } from '../tenant/openTenant.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'

const readSecret = async (file: string): Promise<string> => {
  const refuse = (why: string, cause?: unknown) =>
    new Refusal('secret-file-refused', `Cannot use the secret file ${file}: ${why}.`, { cause })
  const octets = await readSecretFile(file, refuse)
  if (!octets) throw new Refusal('usage-wrong', `Cannot read ${file}: ENOENT.`)
  return decodeText(octets, (why) => refuse(`it ${why}`)).trim()
}

const options = {
  tenant: tenantOption,
  out: required(text('FOLDER', 'gets trust.pem, certificates/*.pem, trust.json and .jws')),
  anchor: anchorOption('roots that may sign the first bundle; not used after'),
  newAnchor: anchorOption(
    'by hand, once, for a server that knows none of the roots left: these may sign the next bundle, and none of the installed one',
  ),
  service: text('URL', 'the service or a mirror; that of the deployment when left out'),
  ca: caOption,
  relyingParty: text('NAME', 'tell the service what is installed, as this party'),
  secretFile: text('FILE', 'holds the secret of the relying party'),
  reportTo: text(
    'URL',
    'the service to tell, which is no mirror: it gets the secret; that of the deployment when left out',
  ),
}

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

const describe = ({ sequence, previousSequence, installed }: FetchedTrust): string => {
  if (installed === 'unchanged') return `${sequence}, installed already`
  return previousSequence === undefined ? `${sequence}, the first` : `${sequence}, after ${previousSequence}`
}

export const trustFetch = command({
  name: 'trust fetch',
  summary: 'install the trust bundle on a VPN server',
  options,
  async run(values, context) {
    const { tenant, out: folder, anchor: anchors, newAnchor: newAnchors } = values
    const { now } = context
    await checkOutputFolder('out', folder)
    const relyingParty = await readRelyingParty(values, context)
    const service = await chooseService(context, { url: values.service, ca: values.ca })
    const wanted = { ...service, tenant, folder, anchors, newAnchors, relyingParty, now: now() }
    const fetched = await fetchTrust(wanted)
    const { installed, sequence, previousSequence, bundle } = fetched
    const { issuedAt, nextActivation, refreshSeconds } = bundle
    const { pem, certificates } = trustFiles(folder)
    const told = formatFields([
      ['bundle', describe(fetched)],
      ['issued', formatTime(issuedAt, now())],
      ...(nextActivation ? [['next activation', formatTime(nextActivation, now())] as const] : []),
      ['refresh', `every ${refreshSeconds} s`],
      ...(relyingParty ? [['reported as', relyingParty.name] as const] : []),
      ['trust.pem', pem],
      ['certificates', certificates],
    ])
    const json = {
      installed,
      sequence,
      previousSequence: previousSequence ?? null,
      issuedAt: rfc3339(issuedAt),
      nextActivation: nextActivation ? rfc3339(nextActivation) : null,
      refreshSeconds,
      relyingParty: relyingParty?.name ?? null,
      files: { pem, certificates },
    }
    return { text: told, json }
  },
})
