/** Picks the members of a token issuer that say where its tokens come from. */
export type SourceConfiguration =
  | {
      readonly kind: 'entra'
      readonly signInOrigin: string
      readonly directoryId: string
      readonly audience: string
    }
  | {
      readonly kind: 'generic'
      readonly issuer: string
      readonly audience: string
      readonly tenantClaim?: { readonly claim: string; readonly value: string } | undefined
    }

/**
 * Where tokens come from: an issuer, an audience and, where several tenants share both, the claim value that tells
 * them apart. A token source belongs to exactly one tenant, so no token is good for two.
 */
export interface TokenSource {
  readonly issuer: string
  readonly audience: string
  /** Absent when every token of the issuer and audience belongs to the tenant. */
  readonly tenantClaim: { readonly claim: string; readonly value: string } | undefined
}

/** The exact `iss` of a directory's v2.0 tokens. */
export const entraIssuerUrl = (signInOrigin: string, directoryId: string): string =>
  `${signInOrigin.replace(/\/$/, '')}/${directoryId}/v2.0`

/** The `iss` that a directory's v1.0 tokens have, in the clouds there are: recognised, and never accepted. */
export const entraV1Issuers = (directoryId: string): readonly string[] =>
  ['sts.windows.net', 'sts.chinacloudapi.cn'].map((host) => `https://${host}/${directoryId}/`)

/** The source that a configured token issuer stands for. */
export const tokenSourceOf = (issuer: SourceConfiguration): TokenSource =>
  issuer.kind === 'entra'
    ? {
        issuer: entraIssuerUrl(issuer.signInOrigin, issuer.directoryId),
        audience: issuer.audience,
        tenantClaim: { claim: 'tid', value: issuer.directoryId },
      }
    : { issuer: issuer.issuer, audience: issuer.audience, tenantClaim: issuer.tenantClaim }

/** Tells whether two sources are the same one. */
export const isSameSource = (a: TokenSource, b: TokenSource): boolean =>
  a.issuer === b.issuer &&
  a.audience === b.audience &&
  a.tenantClaim?.claim === b.tenantClaim?.claim &&
  a.tenantClaim?.value === b.tenantClaim?.value
