import type { EvidenceSources } from './evidence.ts'
import { entraV1Issuers, type SourceConfiguration, tokenSourceOf } from './tokenSource.ts'

/** Where tokens of one kind come from. */
interface TokensFrom {
  /** The member of the configuration that names them; undefined for compliance tokens, which are compared elsewhere. */
  readonly path: readonly [list: 'posture' | 'attestation', index: number] | undefined
  readonly issuer: string
  /** Undefined for attestations, which go by their issuer. */
  readonly audience: string | undefined
}

interface Sources {
  readonly tokenIssuers: readonly SourceConfiguration[]
  readonly evidence?: Pick<EvidenceSources, 'posture' | 'attestation'> | undefined
}

const allSources = ({ tokenIssuers, evidence }: Sources): readonly TokensFrom[] => [
  ...tokenIssuers.map(tokenSourceOf).map(({ issuer, audience }) => ({ path: undefined, issuer, audience })),
  ...(['posture', 'attestation'] as const).flatMap((list) =>
    (evidence?.[list] ?? []).map((one, index) => ({
      path: [list, index] as const,
      issuer: one.issuer,
      audience: 'audience' in one ? one.audience : undefined,
    })),
  ),
]

/**
 * Attestations go by their issuer alone. An issuer of other tokens may write a nonce into them that their client chose, which
 * would bind any key.
 */
const canBeMistaken = (one: TokensFrom, other: TokensFrom): boolean =>
  one.issuer === other.issuer &&
  ([one, other].some(({ path }) => path?.[0] === 'attestation') || one.audience === other.audience)

/** Lists what directories of compliance tokens call themselves in v1.0 tokens, which users get for other audiences. */
const v1Issuers = (issuers: readonly SourceConfiguration[]): readonly string[] =>
  issuers.flatMap((one) => (one.kind === 'entra' ? entraV1Issuers(one.directoryId) : []))

/** A token that could be taken for one of another source. */
export interface SourceFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * Lists the sources of evidence whose tokens could be taken for those of another: a compliance token, whose claims may hold what a
 * client chose, must never count as a word about the device, nor the other way round.
 */
export const sourceFaults = (configured: Sources): readonly SourceFault[] => {
  const sources = allSources(configured)
  const refused = new Set(v1Issuers(configured.tokenIssuers))
  return sources.flatMap((source, index) => {
    const { path } = source
    const isMistaken =
      refused.has(source.issuer) || sources.slice(0, index).some((earlier) => canBeMistaken(earlier, source))
    return path && isMistaken
      ? [{ path: ['evidence', ...path], message: 'its tokens could be taken for those of another source' }]
      : []
  })
}
