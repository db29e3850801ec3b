import { isIP } from 'node:net'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { deviceProperties } from '../../lib/policy/filter/property.ts'
import { isObject } from '../../lib/policy/model/graphDocument.ts'
import { type Answer, type Platform, platforms } from '../../lib/policy/signals/signal.ts'
import type { DeviceAttributes, Signals } from '../../lib/policy/signals/signals.ts'
import { signalsOf } from '../../lib/policy/signalsOf.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { chooseIssuer, claimNames } from '../../lib/token/authenticateToken.ts'
import type { ClaimsSet } from '../../lib/token/claimsSet.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import { parseToken } from '../../lib/token/parseToken.ts'
import { deviceIdOf } from '../../lib/token/verifyToken.ts'
import { parseTokenText } from '../../client/token/parseTokenText.ts'
import { type Option, parsed, text, type Values } from '../commandLine/option.ts'
import { parseFuture } from '../commandLine/timeOption.ts'
import { readDocument } from '../tenant/readDocument.ts'
import { readFacts, supposedEvidence, type SupposedEvidence } from './supposedEvidence.ts'
import { supposedFacts, withSupposedFacts } from './supposedFacts.ts'
import { readPosture } from './postureReports.ts'

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot ask what if: ${why}.`)

/** Reads a value that fits, or tells what does. */
const fitting =
  <Value extends string>(fits: (given: string) => given is Value, what: string) =>
  (given: string): Value => {
    if (fits(given)) return given
    throw refuse(what)
  }

const isAddress = (given: string): given is string => isIP(given) !== 0
const isCountry = (given: string): given is string => /^[A-Z]{2}$/.test(given)
const isPlatform = (given: string): given is Platform => platforms.some((one) => one === given)

const answers = ['yes', 'no', 'unknown'] as const satisfies readonly Answer[]
const isAnswer = (given: string): given is Answer => answers.some((one) => one === given)

/** Ids are compared in lower case. */
const supposedGroups: Option<readonly string[] | undefined> = {
  value: 'ID',
  help: 'a group of the user, whatever the token says',
  isRepeatable: true,
  read: (texts) => texts?.map((id) => parseUuid(id) ?? id),
}

/** Describes the options that suppose a request. */
export const supposedOptions = {
  tokenFile: text('FILE', 'holds a token, which is read and not verified'),
  claims: text('FILE', 'holds the claims of a token as JSON; - reads standard input'),
  ip: parsed('ADDRESS', 'where the request comes from', fitting(isAddress, '--ip must be an IP address')),
  country: parsed(
    'CODE',
    'two letters, such as DE',
    fitting(isCountry, '--country must be two capital letters'),
  ),
  platform: parsed(
    'NAME',
    platforms.join(', '),
    fitting(isPlatform, `--platform must be one of ${platforms.join(', ')}`),
    {
      choices: platforms,
    },
  ),
  at: parsed('TIME', 'when; now if left out', parseFuture),
  device: text(
    'FILE',
    'attributes of the device as JSON, by the names of device filters; null for no record',
  ),
  group: supposedGroups,
  postureFile: text('FILE', 'holds a posture token, which is read and not verified'),
  fact: supposedFacts,
  facts: text('FILE', 'facts of the device as JSON, by the source that tells them; others are silent'),
  directory: parsed(
    'ANSWER',
    'what the directory says of the device: yes, no or unknown; unknown if left out',
    fitting(isAnswer, '--directory must be yes, no or unknown'),
    { choices: answers },
  ),
}

const isAttribute = (value: unknown): boolean =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (Array.isArray(value) && value.every((member) => typeof member === 'string'))

const readDevice = async (file: string): Promise<DeviceAttributes | null> => {
  const document = await readDocument(file, 'usage-wrong')
  if (document === null) return null
  if (!isObject(document)) throw refuse(`${file} holds neither an object nor null`)
  const wrong = Object.entries(document).find(
    ([name, value]) => !deviceProperties.includes(name) || !isAttribute(value),
  )
  if (wrong) throw refuse(`${file}: "${wrong[0]}" is no attribute of a device filter, or has no value of one`)
  return document as DeviceAttributes
}

const readClaims = async ({ tokenFile, claims }: Supposed): Promise<ClaimsSet> => {
  if ((tokenFile === undefined) === (claims === undefined)) throw refuse('give --token-file or --claims')
  if (tokenFile !== undefined) return parseToken(parseTokenText(readInput(tokenFile), tokenFile)).claims
  const document = await readDocument(claims ?? '', 'usage-wrong')
  if (isObject(document)) return document
  throw refuse(`${claims} holds no object`)
}

type Supposed = Values<typeof supposedOptions>

/** The files of a supposed request, read. */
export interface SupposedRequest extends Omit<
  Supposed,
  'device' | 'claims' | 'tokenFile' | 'postureFile' | 'facts' | 'directory'
> {
  readonly evidence: SupposedEvidence
  readonly claims: ClaimsSet
  /** Undefined where the token tells of it. */
  readonly device: DeviceAttributes | null | undefined
}

/** Reads the files of a supposed request. @throws {Refusal} `usage-wrong` or `token-malformed` */
export const readSupposed = async (options: Supposed): Promise<SupposedRequest> => {
  const claims = await readClaims(options)
  const device = options.device === undefined ? undefined : await readDevice(options.device)
  const { directory = 'unknown' } = options
  const posture = readPosture(options.postureFile)
  const facts = await readFacts(options.facts)
  return { ...options, claims, device, evidence: { facts, posture, directory } }
}

/** Supposes a platform whatever any source says of it. */
const supposedPlatform = (
  facts: Signals['facts'],
  platform: Platform,
): Partial<Pick<Signals, 'platform' | 'facts'>> => ({
  platform,
  ...(facts && { facts: facts.filter(({ fact }) => fact !== 'platform') }),
})

/** Makes the signals of a supposed request: those of the claims by the tenant's mapping, but for what is supposed instead. */
export const supposedSignals = (
  { configuration }: Pick<Revision, 'configuration'>,
  { claims, ip, country, platform, device, evidence, at, group, fact }: SupposedRequest,
  now: Date,
): Signals => {
  const [only, another] = configuration.tokenIssuers
  const isOnly = claims['iss'] === undefined && another === undefined
  const tokenIssuer = (isOnly ? only : undefined) ?? chooseIssuer(claims, { configuration })
  const claimed = claims[claimNames(tokenIssuer).subject]
  const subject = typeof claimed === 'string' ? claimed : undefined
  const deviceId = deviceIdOf(claims, tokenIssuer.deviceIdClaim)
  const seconds = Math.floor((at ?? now).getTime() / 1_000)
  const issuedAt = claims['iat']
  const told = signalsOf(
    {
      tokenIssuer,
      claims,
      subject: subject ?? '',
      deviceId,
      issuedAt: typeof issuedAt === 'number' ? issuedAt : seconds,
    },
    {
      at: seconds,
      clientIp: ip,
      countryOf: undefined,
      evidence: supposedEvidence(configuration, evidence, seconds),
    },
  )
  const facts = withSupposedFacts(told.facts, fact, seconds)
  return {
    ...told,
    ...(facts && { facts }),
    user: subject === undefined ? undefined : told.user,
    country: country ?? told.country,
    groups: group ?? told.groups,
    ...(platform === undefined ? {} : supposedPlatform(facts, platform)),
    device: device === undefined ? told.device : device,
  }
}
