import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Authority, readAuthority } from '../../lib/authority/authority.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { searchOne } from '../../lib/ledger/search/searchIssuances.ts'
import { issuanceTables, type KeptTables } from '../../lib/ledger/search/keptTables.ts'
import { readRevision } from '../../lib/tenant/storedRevision.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { nameWithId } from '../policy/namedEntries.ts'
import { watchSearch } from './watchSearch.ts'
import { readInputCertificates } from '../../lib/files/readInput.ts'
import { asciiJson } from '../../lib/terminal/shownText.ts'
import { type Certificate, parseCertificate, serialNumberHex } from '../../lib/x509/certificate.ts'
import {
  alarmSections,
  complianceSections,
  type Field,
  lifeFields,
  policyFields,
  revisionText,
  section,
  shownTime,
  signalSections,
} from './policyFields.ts'
import { type Explained, explainIssuance, signerOf } from './explainIssuance.ts'
import { explainRefusal, invocationOf, refusalText } from './explainRefusal.ts'
import { serialNumberOf } from './searchOptions.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import type { SearchedTenant } from './writeRows.ts'

const issued = ({ issuance }: Explained, now: Date): string =>
  section('issued', [
    ['to', issuance.upn],
    ['device', issuance.deviceId],
    ['at', shownTime(issuance.issuedAt, now)],
    ['valid from', shownTime(issuance.notBefore, now)],
    ['valid until', shownTime(issuance.notAfter, now)],
    ['renewal from', shownTime(issuance.renewalStart, now)],
    ['renewal until', shownTime(issuance.renewalEnd, now)],
  ])

const evidence = ({ issuance }: Explained, now: Date): string =>
  section('on the evidence of a token', [
    ['issuer', issuance.tokenIssuer],
    ['subject', issuance.subject],
    ['token id', issuance.tokenId],
    ['client', issuance.client],
    ['issued at', shownTime(issuance.tokenIssuedAt, now)],
    ['ends at', shownTime(issuance.tokenExpiresAt, now)],
  ])

const decidedRow = ({ explanation, unexplained, issuance: { signals } }: Explained) => ({
  explanation,
  unexplained,
  signals,
})

/** Names the policy that permitted it as people know it, where it was found again. */
const permittedBy = ({ issuance: { policy }, explanation }: Explained): string | null =>
  explanation?.decision.kind === 'allow' && explanation.decision.permittedBy.id === policy
    ? nameWithId(explanation.decision.permittedBy)
    : policy

const decision = (explained: Explained, now: Date): string => {
  const { issuance, configuration } = explained
  const decided = decidedRow(explained)
  const proven = issuance.proof === 'domainJoinedDevice' ? 'joined to the domain' : 'compliant'
  return section(`because the device was proven ${proven}`, [
    ['proof', issuance.proof],
    ...(issuance.policy === null ? [] : [['permitted by', permittedBy(explained)] as const]),
    ...policyFields(decided),
    ...lifeFields(decided),
    ['by', revisionText(configuration, now)],
    ['deny list', issuance.denyList === 0 ? 'before its first entry' : `change ${issuance.denyList}`],
  ])
}

const generationFields = (label: string, id: string, generation: Explained['issuer']): readonly Field[] =>
  generation
    ? [
        [label, `${generation.id}, ${generation.state}`],
        ['  SHA-256', generation.sha256],
      ]
    : [[label, `${id}unknown`]]

const signature = ({ issuance, issuer, root }: Explained): string =>
  section('signed by', [
    ...generationFields('issuer', `${issuance.issuerId}, `, issuer),
    ...generationFields('root', '', root),
  ])

const recorded = ({ table, issuance }: Explained): string =>
  section('recorded as', [
    ['table', table],
    ['request id', issuance.requestId],
    ['vault id', issuance.vaultRequestId && `${issuance.vaultRequestId} (in the log of the key)`],
    ['invocation', issuance.invocationId && `${issuance.invocationId} (in that of the service)`],
    ['key SHA-256', issuance.keyHash],
  ])

const decoded = ({ serialNumber, extensions, sha256, ...named }: Explained['certificate']): string =>
  section('certificate', [
    ['serialNumber', serialNumber],
    ...Object.entries(named),
    ...extensions.map(({ name, critical, value }): Field => [
      name,
      `${value}${critical ? ' (critical)' : ''}`,
    ]),
    ['SHA-256', sha256],
  ])

const explanationText = (explained: Explained, now: Date): string =>
  [
    ...alarmSections(explained),
    issued(explained, now),
    evidence(explained, now),
    decision(explained, now),
    ...complianceSections(decidedRow(explained)),
    ...signalSections(decidedRow(explained)),
    signature(explained),
    recorded(explained),
    decoded(explained.certificate),
  ].join('\n\n')

/** Names what is to be explained, by the serial number alone where the certificate is not at hand. */
interface Subject {
  readonly serialNumber: string
  readonly certificate?: Certificate
}

/** Takes a folder for that of a client, which keeps its certificate there under this name. */
const fileIn = async (path: string): Promise<string> =>
  (await stat(path)).isDirectory() ? join(path, 'certificate.pem') : path

/** @throws {Refusal} `usage-wrong` */
const pathOf = async (argument: string): Promise<string> => {
  try {
    return await fileIn(argument)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Refusal('usage-wrong', `Cannot read ${argument}, which is no serial number either: ${code}.`)
  }
}

/**
 * Reads what the argument of `ledger show` names: a serial number in hexadecimal, with colons or without; or else a file
 * with a certificate, PEM or DER; or a client's folder.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
const readSubject = async (argument: string): Promise<Subject> => {
  const serialNumber = serialNumberOf(argument)
  if (serialNumber !== undefined) return { serialNumber }
  // The first certificate is the leaf where a chain follows.
  const [der = new Uint8Array()] = readInputCertificates(await pathOf(argument))
  const certificate = parseCertificate(der)
  return { certificate, serialNumber: serialNumberHex(certificate.tbs) }
}

/** Bounds how much a certificate is backdated: a tenant may set no more. */
const backdateMilliseconds = 3_600_000

/** Finds the tables that can hold the subject: all, or those of the time at which it was issued. */
const tablesFor = ({ certificate }: Subject, { tables }: SearchedTenant): Promise<KeptTables> => {
  if (!certificate) return issuanceTables(tables, { since: undefined, until: undefined })
  const since = certificate.tbs.notBefore
  return issuanceTables(tables, { since, until: new Date(since.getTime() + backdateMilliseconds) })
}

interface Missing {
  readonly subject: Subject
  readonly kept: KeptTables
  readonly authority: Authority | undefined
  readonly isOther: boolean
}

const keptText = ({ oldest, reachesBack }: KeptTables): string => {
  if (oldest === undefined) return ' There is no ledger table.'
  return reachesBack ? ` It may have been: the ledger is kept from ${oldest} on only.` : ''
}

/** Tells of an issuer that signed without a row, which is an alarm; why there is none is for people to find out. */
const unknown = ({ subject, kept, authority, isOther }: Missing): Refusal => {
  const { certificate, serialNumber } = subject
  const what = `Cannot explain the certificate ${serialNumber}`
  if (!certificate) return new Refusal('issuance-unknown', `${what}: no ledger table of the tenant has it.`)
  const signer = signerOf(certificate, authority)
  const signed = signer
    ? `${signer.id} SIGNED it and it is NOT in the ledger`
    : 'it is not in the ledger, and no issuer of the tenant signed it'
  const other = isOther ? ' The ledger holds another certificate with this serial number.' : ''
  return new Refusal('issuance-unknown', `${what}: ${signed}.${other}${keptText(kept)}`)
}

const find = async (context: CommandContext, subject: Subject, searched: SearchedTenant) => {
  const { tables, tenant } = searched
  const kept = await tablesFor(subject, searched)
  const search = watchSearch(context)
  const { found, isOther } = await searchOne(tables, {
    tenant,
    names: kept.names.toReversed(),
    serialNumber: subject.serialNumber,
    certificate: subject.certificate?.der,
    watcher: search.watcher,
  })
  search.clear()
  const authority = await readAuthority(tables, tenant)
  if (!found) throw unknown({ subject, kept, authority, isOther })
  const revision = await readRevision(tables, tenant, found.entry.revision)
  return explainIssuance({ tenant, found, authority, revision })
}

/** Explains what the argument names. @throws {Refusal} those of readSubject(), find() and explainRefusal() */
const explained = async (context: CommandContext, tenant: string) => {
  const { argument, now } = context
  const invocationId = invocationOf(argument)
  if (invocationId !== undefined) {
    const found = await explainRefusal(context, invocationId, await openTenant(context, tenant))
    return { found, describe: () => refusalText(found, now()) }
  }
  const subject = await readSubject(argument)
  const found = await find(context, subject, await openTenant(context, tenant))
  return { found, describe: () => explanationText(found, now()) }
}

export const ledgerShow = command({
  name: 'ledger show',
  summary: 'explain a certificate or a refusal',
  argument: 'FILE|SERIAL|INVOCATION',
  options: { tenant: tenantOption },
  notes:
    'The file is PEM or DER, or the folder of a client; the serial number is hexadecimal, and all tables are searched for it. The invocation is that of a refusal: the instance of its problem document, urn:uuid:...',
  async run({ tenant }, context) {
    const { asJson, notice } = context
    const { found, describe } = await explained(context, tenant)
    for (const alarm of found.alarms) notice(`ALARM: ${alarm}`)
    const text = asJson ? asciiJson(found, 2) : describe()
    return {
      pieces: (async function* () {
        yield `${text}\n`
      })(),
    }
  },
})
