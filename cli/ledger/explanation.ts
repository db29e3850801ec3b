import type { ShownCertificate, ShownExtension } from './showCertificate.ts'
import type { Explained } from './explained.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'

type Field = readonly [label: string, value: string]

const section = (heading: string, fields: readonly Field[]): string => {
  const shown = fields.map(([label, value]): Field => [`  ${label}`, value === '' ? '-' : shownText(value)])
  return `${heading}\n${formatFields(shown)}`
}

const timeText = (time: string | null, now: Date): string =>
  time === null ? '' : formatTime(new Date(time), now)

const issued = ({ issuance }: Explained, now: Date): string =>
  section('issued', [
    ['to', issuance.upn],
    ['device', issuance.deviceId ?? ''],
    ['at', timeText(issuance.issuedAt, now)],
    ['valid from', timeText(issuance.notBefore, now)],
    ['valid until', timeText(issuance.notAfter, now)],
    ['renewal from', timeText(issuance.renewalStart, now)],
    ['renewal until', timeText(issuance.renewalEnd, now)],
  ])

const evidence = ({ issuance }: Explained, now: Date): string =>
  section('on the evidence of a token', [
    ['issuer', issuance.tokenIssuer ?? ''],
    ['subject', issuance.subject ?? ''],
    ['token id', issuance.tokenId ?? ''],
    ['client', issuance.client ?? ''],
    ['issued at', timeText(issuance.tokenIssuedAt, now)],
    ['ends at', timeText(issuance.tokenExpiresAt, now)],
  ])

const revisionText = ({ revision, appliedAt, appliedBy }: Explained['configuration'], now: Date): string =>
  appliedAt === null
    ? `revision ${revision}`
    : `revision ${revision} by ${appliedBy}, ${timeText(appliedAt, now)}`

const decision = ({ issuance, configuration }: Explained, now: Date): string =>
  section('because the device was proven compliant', [
    ['proof', issuance.proof],
    ...issuance.signals.map(({ proof, signal }): Field => ['signal', `${proof}: ${signal}`]),
    ['by', revisionText(configuration, now)],
    ['deny list', issuance.denyList === 0 ? 'before its first entry' : `change ${issuance.denyList}`],
  ])

const generationFields = (label: string, generation: Explained['issuer']): readonly Field[] =>
  generation
    ? [
        [label, `${generation.id}, ${generation.state}`],
        ['  SHA-256', generation.sha256],
      ]
    : [[label, 'unknown']]

const signed = ({ issuance, issuer, root }: Explained): string =>
  section('signed by', [
    ...(issuer ? generationFields('issuer', issuer) : [['issuer', `${issuance.issuerId}, unknown`] as const]),
    ...generationFields('root', root),
  ])

const recorded = ({ table, issuance }: Explained): string =>
  section('recorded as', [
    ['table', table],
    ['request id', issuance.requestId],
    [
      'vault id',
      issuance.vaultRequestId === null ? '' : `${issuance.vaultRequestId} (in the log of the key)`,
    ],
    ['invocation', issuance.invocationId === null ? '' : `${issuance.invocationId} (in that of the service)`],
    ['key SHA-256', issuance.keyHash],
  ])

const extensionField = ({ name, critical, value }: ShownExtension): Field => [
  name,
  `${value}${critical ? ' (critical)' : ''}`,
]

const decoded = ({
  subject,
  issuer,
  serialNumber,
  notBefore,
  notAfter,
  extensions,
  sha256,
}: ShownCertificate): string =>
  section('certificate', [
    ['serialNumber', serialNumber],
    ['subject', subject],
    ['issuer', issuer],
    ['notBefore', notBefore],
    ['notAfter', notAfter],
    ...extensions.map(extensionField),
    ['SHA-256', sha256],
  ])

const alarm = ({ alarms }: Explained): readonly string[] =>
  alarms.length === 0 ? [] : [alarms.map((text) => `ALARM: ${shownText(text)}`).join('\n')]

/** An issuance explained, as a person reads it. */
export const explanation = (explained: Explained, now: Date): string =>
  [
    ...alarm(explained),
    issued(explained, now),
    evidence(explained, now),
    decision(explained, now),
    signed(explained),
    recorded(explained),
    decoded(explained.certificate),
  ].join('\n\n')
