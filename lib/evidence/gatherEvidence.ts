import type { Wait } from '../deadline/deadline.ts'
import type { Directory, DirectoryWord } from '../directory/directory.ts'
import { silentFacts as silentFactsOfDirectory } from '../policy/signals/factsOfDirectory.ts'
import type { DeviceEvidence } from '../policy/signals/deviceEvidence.ts'
import type { DirectorySource, EvidenceSources } from '../tenant/evidence.ts'
import { suppliedFacts } from '../tenant/suppliedFacts.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { claimAt } from '../token/claimsSet.ts'
import type { KeySets } from '../token/keySets.ts'
import type { VerifySignedOptions } from '../token/verifySigned.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import { attestationEvidence } from './attestationEvidence.ts'
import type { EvidenceOrder, TokenWord } from './evidenceOrder.ts'
import { postureEvidence } from './postureEvidence.ts'
import { silentFacts } from './silentFacts.ts'
import type { TokenKind } from './troubleOf.ts'

/** Whoever is asked about devices, and for the keys of their tokens. */
export interface EvidenceAuthorities {
  readonly keys: KeySets
  readonly directory: Directory
}

/** An order of a tenant that has evidence. */
type Configured = EvidenceOrder & { readonly configured: EvidenceSources }

/** Leaves the directory half of the time, however slow the issuers of keys are. */
const patienceOf =
  ({ wait, deadline }: EvidenceOrder): Wait =>
  (answer, late) => {
    const half = deadline.part({ milliseconds: deadline.remaining() / 2 })
    return wait(() => half.within(answer(), late), late)
  }

const readers = { posture: postureEvidence, attestation: attestationEvidence } as const

/** Reads the token of one kind, unless nobody asks for what it could tell. */
const tokenWord = async (
  kind: TokenKind,
  order: Configured,
  options: VerifySignedOptions,
): Promise<TokenWord> => {
  const { configured, asked, presented } = order
  const facts = suppliedFacts({ tokenIssuers: [], evidence: configured }).flatMap(({ fact, source }) =>
    source === kind ? [fact] : [],
  )
  if (!facts.some((fact) => asked.has(fact))) return { facts: silentFacts(facts, kind), troubles: [] }
  const compact = presented[kind]
  if (compact !== undefined) return readers[kind](compact, order, options)
  const why = `the request has no ${kind} token`
  return {
    facts: silentFacts(facts, kind),
    troubles: [{ source: kind, code: `${kind}-refused`, why, retryAfterSeconds: undefined }],
  }
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
  const options = { keys: authorities.keys, wait: patienceOf(order) }
  const kinds = ['posture', 'attestation'] as const
  const words = await Promise.all(kinds.map((kind) => tokenWord(kind, { ...order, configured }, options)))
  const answer =
    configured.directory && (await directoryWord(order, configured.directory, { ...authorities, words }))
  return together(words, answer)
}
