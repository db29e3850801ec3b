import { type FetchedTrust, fetchTrust, type RelyingParty } from '../../client/fetchTrust.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { readSecretFile } from '../../lib/x509/readSecretFile.ts'
import { anchorOption, readAnchors } from '../authority/anchorOption.ts'
import { type ChosenService, chooseService } from './chooseService.ts'
import type { Command, CommandContext } from '../commandLine/command.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { optionalOption, requiredOption } from '../commandLine/requiredOption.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'

const readSecret = async (file: string): Promise<string> => {
  const refuse = (why: string, cause?: unknown) =>
    new Refusal('secret-file-refused', `Cannot use the secret file ${file}: ${why}.`, { cause })
  const octets = await readSecretFile(file, refuse)
  if (!octets) throw new Refusal('usage-wrong', `Cannot read ${file}: ENOENT.`)
  return decodeText(octets, (why) => refuse(`it ${why}`)).trim()
}

/** Who gets the secret: the service that --report-to names or that of the deployment, never what may be a mirror. */
const chooseReport = async (context: CommandContext): Promise<ChosenService> => {
  const { values, deployment } = context
  const isNamed = optionalOption(values, 'report-to') !== undefined
  if (isNamed || optionalOption(values, 'service') === undefined) return chooseService(context, 'report-to')
  // --ca is that of the mirror.
  return chooseService({ values: {}, deployment }, 'report-to').catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.code !== 'deployment-unknown') throw error
    throw new Refusal(
      'usage-wrong',
      'Cannot report: what --service names may be a mirror, which must not get the secret. Name the service with --report-to.',
    )
  })
}

const readRelyingParty = async (context: CommandContext): Promise<RelyingParty | undefined> => {
  const [name, file, to] = ['relying-party', 'secret-file', 'report-to'].map((option) =>
    optionalOption(context.values, option),
  )
  if (name === undefined && file === undefined && to === undefined) return undefined
  if (name === undefined || file === undefined)
    throw new Refusal('usage-wrong', 'Cannot report: --relying-party and --secret-file go together.')
  const secret = await readSecret(file)
  return { ...(await chooseReport(context)), name, secret }
}

const describe = ({ sequence, previousSequence, installed }: FetchedTrust): string => {
  if (installed === 'unchanged') return `${sequence}, installed already`
  return previousSequence === undefined ? `${sequence}, the first` : `${sequence}, after ${previousSequence}`
}

export const trustFetch: Command = {
  name: 'trust fetch',
  summary: 'install the trust bundle on a VPN server',
  help: `--tenant TENANT
--out FOLDER          gets trust.pem, certificates/*.pem, trust.json and .jws
--anchor SHA256,...   roots that may sign the first bundle; not used after
--new-anchor SHA256,...  by hand, once, for a server that knows none of the
                      roots left: these may sign the next bundle, and none
                      of the installed one
--service URL         the service or a mirror; that of the deployment when
                      left out
--ca FILE             PEM of the authority of the URL, if not a public one
--relying-party NAME  tell the service what is installed, as this party
--secret-file FILE    holds the secret of the relying party
--report-to URL       the service to tell, which is no mirror: it gets the
                      secret; that of the deployment when left out`,
  options: {
    tenant: { type: 'string' },
    out: { type: 'string' },
    ...anchorOption,
    'new-anchor': anchorOption.anchor,
    service: { type: 'string' },
    ca: { type: 'string' },
    'relying-party': { type: 'string' },
    'secret-file': { type: 'string' },
    'report-to': { type: 'string' },
  },
  async run(context) {
    const { values, now } = context
    const tenant = requiredOption(values, 'tenant')
    const folder = requiredOption(values, 'out')
    await checkOutputFolder('out', folder)
    const [anchors, newAnchors] = [readAnchors(values), readAnchors(values, 'new-anchor')]
    const relyingParty = await readRelyingParty(context)
    const service = await chooseService(context, 'service')
    const fetched = await fetchTrust({
      ...service,
      tenant,
      folder,
      anchors,
      newAnchors,
      relyingParty,
      now: now(),
    })
    const { installed, sequence, previousSequence, bundle } = fetched
    const { issuedAt, nextActivation, refreshSeconds } = bundle
    const { pem, certificates } = trustFiles(folder)
    const text = formatFields([
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
    return { text, json }
  },
}
