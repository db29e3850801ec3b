import type { Wait } from '../deadline/deadline.ts'
import type { Directory, DirectoryWord } from '../directory/directory.ts'
import { silentFacts as silentFactsOfDirectory } from '../policy/signals/factsOfDirectory.ts'
import type { DeviceEvidence } from '../policy/signals/deviceEvidence.ts'
import type { FactName } from '../policy/signals/factKinds.ts'
import type { DirectorySource, EvidenceSources } from '../tenant/evidence.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { claimAt } from '../token/claimsSet.ts'
import type { KeySets } from '../token/keySets.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import { attestationEvidence, attestationFacts } from './attestationEvidence.ts'
import type { EvidenceOrder, TokenWord } from './evidenceOrder.ts'
import { postureEvidence, postureFacts } from './postureEvidence.ts'
import { silentFacts } from './silentFacts.ts'
import type { TokenKind } from './troubleOf.ts'

/** Whoever is asked about devices, and for the keys of their tokens. */
export interface EvidenceAuthorities {
  readonly keys: KeySets
  readonly directory: Directory
}

/** An order of a tenant that has evidence. */
type Configured = EvidenceOrder & { readonly configured: EvidenceSources }

interface TokenReading {
  readonly kind: TokenKind
  /** All that tokens of the kind could tell. */
  readonly facts: readonly FactName[]
  readonly read: (compact: string) => Promise<TokenWord>
}

/** Reads the token of one kind, unless nobody asks for what it could tell. */
const tokenWord = async (
  { asked, presented }: EvidenceOrder,
  { kind, facts, read }: TokenReading,
): Promise<TokenWord> => {
  const silent = silentFacts(facts, kind)
  if (!facts.some((fact) => asked.has(fact))) return { facts: silent, troubles: [] }
  const compact = presented[kind]
  if (compact !== undefined) return read(compact)
  const why = `the request has no ${kind} token`
  return {
    facts: silent,
    troubles: [{ source: kind, code: `${kind}-refused`, why, retryAfterSeconds: undefined }],
  }
}

/** Leaves the directory half of the time, however slow the issuers of keys are. */
const patienceOf =
  ({ wait, deadline }: EvidenceOrder): Wait =>
  (answer, late) => {
    const half = deadline.part({ milliseconds: deadline.remaining() / 2 })
    return wait(() => half.within(answer(), late), late)
  }

/** Verifies the tokens about the device, side by side. */
const tokenWords = (order: Configured, { keys }: EvidenceAuthorities): Promise<readonly TokenWord[]> => {
  const { posture, attestation } = order.configured
  const options = { keys, wait: patienceOf(order) }
  const readings: readonly TokenReading[] = [
    ...(posture
      ? [
          {
            kind: 'posture' as const,
            facts: postureFacts(posture),
            read: (compact: string) => postureEvidence(compact, order, options),
          },
        ]
      : []),
    ...(attestation
      ? [
          {
            kind: 'attestation' as const,
            facts: attestationFacts(attestation),
            read: (compact: string) => attestationEvidence(compact, order, options),
          },
        ]
      : []),
  ]
  return Promise.all(readings.map((reading) => tokenWord(order, reading)))
}

/** Reads the id of the user in the directory, where the token was issued there or its issuer is known to write it. */
const userIdOf = (
  { tokenIssuer, claims, subject }: VerifiedToken['facts'],
  { directoryId, userIdClaim }: DirectorySource,
): string | undefined => {
  const isOfDirectory = tokenIssuer.kind === 'entra' && tokenIssuer.directoryId === directoryId
  const value = userIdClaim === undefined ? isOfDirectory && subject : claimAt(claims, userIdClaim)
  return typeof value === 'string' ? parseUuid(value) : undefined
}

const silentDirectoryWord = ({ intune, proves }: DirectorySource): DirectoryWord => ({
  attributes: undefined,
  proofs: Object.fromEntries(proves.map((proof) => [proof, 'unknown' as const])),
  facts: silentFactsOfDirectory({ intune }),
  troubles: [],
})

const together = (words: readonly TokenWord[], answer: DirectoryWord | undefined): DeviceEvidence => ({
  facts: [...words, ...(answer ? [answer] : [])].flatMap(({ facts }) => facts),
  directory: answer && { attributes: answer.attributes, proofs: answer.proofs },
  troubles: [...words, ...(answer ? [answer] : [])].flatMap(({ troubles }) => troubles),
})

const nameless = {
  source: 'directory',
  code: 'device-not-compliant',
  why: 'the compliance token names no device that the directory could be asked about',
  retryAfterSeconds: undefined,
} as const

/** Asks the directory, where its word can matter. */
const directoryWord = async (
  { token: { facts: token }, asked, deadline, isWorthAsking }: EvidenceOrder,
  source: DirectorySource,
  { directory, words }: EvidenceAuthorities & { readonly words: readonly TokenWord[] },
): Promise<DirectoryWord> => {
  const { directoryId, proves, intune } = source
  const { deviceId } = token
  const silent = silentDirectoryWord(source)
  if (deviceId === undefined) return { ...silent, troubles: [nameless] }
  if (!isWorthAsking(together(words, silent))) return silent
  const userId = userIdOf(token, source)
  return directory.lookUp({ directoryId, deviceId, userId, proves, intune, asked }, deadline)
}

/**
 * Gathers what the tenant's sources say of the device that the compliance token names. Whatever a source says or does not
 * say, nothing is thrown: what it could have told is unknown, and a trouble says why. What the tenant has not configured is
 * ignored unparsed.
 * @returns undefined where the tenant has no evidence configured.
 */
export const gatherEvidence = async (
  order: EvidenceOrder,
  authorities: EvidenceAuthorities,
): Promise<DeviceEvidence | undefined> => {
  const { configured } = order
  if (configured === undefined) return undefined
  const words = await tokenWords({ ...order, configured }, authorities)
  const answer =
    configured.directory && (await directoryWord(order, configured.directory, { ...authorities, words }))
  return together(words, answer)
}
