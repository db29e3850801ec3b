import { generationId } from '../../lib/authority/generation.ts'
import {
  checkCertifiable,
  importIssuer,
  type IssuerStaging,
  issuingRoot,
  stageIssuer,
  waitingIssuer,
} from '../../lib/authority/change/stageIssuer.ts'
import { issuerCsr, requestKey } from '../../lib/authority/change/requestKey.ts'
import { nextNumber } from '../../lib/authority/change/nextNumber.ts'
import { findGeneration } from '../../lib/authority/change/plan.ts'
import { activationTime } from '../../lib/authority/adopt/waits.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseConfiguration } from '../../lib/tenant/configuration.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { authorityJson, describeGeneration } from './describeGeneration.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag, text, type Values } from '../commandLine/option.ts'
import { readCertificate } from './anchorOption.ts'
import { authorityOptions, openAuthority, type OpenAuthority } from './openAuthority.ts'
import { checkNewFile, writeNewFile } from '../commandLine/writeNewFile.ts'
import { formatTime } from '../commandLine/formatTable.ts'
import { changeTrusted } from '../../lib/authority/trusted/changeTrusted.ts'

const options = authorityOptions({
  root: text('ID', 'the root above it (the active one)'),
  vault: text('URL', 'where its key is made'),
  marker: text('OID', "the marker it may sign for (the tenant's)"),
  csrOut: text('FILE', 'only write the request that an offline root signs'),
  certificateIn: text('FILE', 'take in the certificate that the offline root made'),
  dryRun: flag('tell what would be made; make nothing'),
})

type StageValues = Values<typeof options>

const stagingOf = (
  { root: named, certificateIn }: StageValues,
  { authority: before, ceremony }: OpenAuthority,
) => {
  const subject = named === undefined ? undefined : findGeneration(before, named)
  return {
    before,
    root: issuingRoot(before, subject, ceremony.now),
    certificate: readCertificate(certificateIn),
  }
}

/** Tells the tenant as it will be when its configuration has the marker of `--marker`. */
const tenantWith = (tenant: Revision, markerOid: string | undefined): Revision => {
  if (markerOid === undefined) return tenant
  const { configuration } = tenant
  const certificate = { ...configuration.certificate, markerOid }
  return { ...tenant, configuration: parseConfiguration({ ...configuration, certificate }) }
}

/** Writes the request for an offline root: the key is made now, and found again when the certificate comes back. */
const writeCsr = async (file: string, staging: IssuerStaging, open: OpenAuthority): Promise<Outcome> => {
  const { tenant, authority, ceremony } = open
  const next = await requestKey(tenant, staging, ceremony)
  const der = await issuerCsr(tenant, next, ceremony.uuid())
  await writeNewFile('csr-out', file, { text: encodePem('CERTIFICATE REQUEST', der), mode: 0o644 })
  const id = generationId('issuer', next.number)
  return {
    text: `${file}: the request for ${id}\nhave the root sign it, then run stage-issuer --certificate-in`,
    json: { ...authorityJson(authority), requested: id, file, changed: false },
  }
}

/** Tells what would be made, after every check that making it begins with. */
const dryRun = async (
  file: string | undefined,
  staging: IssuerStaging,
  { tenant, authority, ceremony }: OpenAuthority,
): Promise<Outcome> => {
  const id = file === undefined ? waitingIssuer(tenant, staging, ceremony)?.id : undefined
  const { root, certificate: der } = staging
  if (!id && file === undefined) checkCertifiable(staging)
  if (!id && der) await importIssuer(tenant, { ...staging, der }, ceremony)
  const next = generationId('issuer', nextNumber(authority, 'issuer'))
  const would = file === undefined ? `would stage ${next}` : `would write the request for ${next}`
  const what = id ? `${id} is staged already` : `${would} beneath ${root.id}`
  const json = { ...authorityJson(authority), staged: id ?? next, changed: false }
  return { text: `${what}; nothing was changed`, json }
}

const run = async (values: StageValues, context: CommandContext): Promise<Outcome> => {
  const { csrOut, certificateIn, dryRun: isDry } = values
  if (csrOut !== undefined && certificateIn !== undefined)
    throw new Refusal('usage-wrong', 'Cannot stage an issuer: give --csr-out or --certificate-in, not both.')
  if (csrOut !== undefined) await checkNewFile('csr-out', csrOut)
  const opened = await openAuthority(values, context)
  const open = { ...opened, tenant: tenantWith(opened.tenant, values.marker) }
  const { tenant, ceremony, trust, authority: before, circumstances } = open
  const staging = stagingOf(values, open)
  if (isDry) return dryRun(csrOut, staging, open)
  if (csrOut !== undefined) return writeCsr(csrOut, staging, open)
  const { generation, change } = await stageIssuer(tenant, staging, ceremony)
  const after = change ? await changeTrusted(tenant, { change, before, trust }, ceremony) : before
  const heading = change ? `published in bundle ${after.bundle.sequence}` : 'is staged already'
  const from = formatTime(activationTime(generation, circumstances), ceremony.now)
  return {
    text: `${generation.id} ${heading}\nactivate from ${from} on\n\n${describeGeneration(generation, ceremony.now)}`,
    json: { ...authorityJson(after), staged: generation.id, changed: change !== undefined },
  }
}

export const authorityStageIssuer = command({
  name: 'authority stage-issuer',
  summary: 'publish the next issuer, unless one waits already',
  options,
  run,
})
