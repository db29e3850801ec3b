import type { BundleContent, BundledCertificate } from '../bundle/bundleContent.ts'
import { bundledCertificates, bundlePem, bundlePkcs7 } from '../bundle/bundleFolder.ts'
import { claimedSigner } from '../bundle/verifyBundleSignature.ts'
import { openTrustBundle, type TrustBundle } from '../bundle/trustBundle.ts'
import { Refusal } from '../errors/refusal.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { type BundleEncodings, type BundleFile, digestsOf, type StoredBundle } from './storedBundle.ts'

/** The bundle in force as it is served: nothing of it but what follows from the JSON that a root in it signed. */
export interface PublishedBundle {
  readonly sequence: number
  readonly issuedAt: Date
  readonly encodings: BundleEncodings
  /** SHA-256 of each file, lower-case hex. */
  readonly digests: Readonly<Record<BundleFile, string>>
  readonly certificates: readonly BundledCertificate[]
  /** The bundle as each root signed it whose key was within reach, `trust.jws` included, by the digest of the root. */
  readonly signatures: ReadonlyMap<string, { readonly body: Uint8Array; readonly sha256: string }>
}

/** Every file of a bundle, each made of its signed content. */
export const encodingsOf = (bundle: BundleContent & Pick<TrustBundle, 'json' | 'jws'>): BundleEncodings => ({
  'trust.json': Buffer.from(bundle.json),
  'trust.jws': Buffer.from(bundle.jws),
  'trust.pem': Buffer.from(bundlePem(bundle)),
  'trust.p7b': bundlePkcs7(bundle),
})

const text = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')

/** Whoever reads the tables has no anchors: that a root of the bundle signed it is all that can be told. */
const openBySigner = (tenant: TenantId, jws: string): Promise<TrustBundle> =>
  openTrustBundle(jws, { tenant, anchors: [claimedSigner(jws)] })

const open = async (tenant: TenantId, { encodings, cosigned }: StoredBundle): Promise<PublishedBundle> => {
  const bundle = await openBySigner(tenant, text(encodings['trust.jws']))
  const others = await Promise.all(cosigned.map((jws) => openBySigner(tenant, jws)))
  const { sequence, issuedAt } = bundle
  const derived = encodingsOf(bundle)
  return {
    sequence,
    issuedAt,
    encodings: derived,
    digests: digestsOf(derived),
    certificates: bundledCertificates(bundle),
    signatures: new Map(
      [bundle, ...others].map(({ signedBy, jws, sha256 }) => [
        signedBy,
        { body: Buffer.from(jws), sha256: sha256.jws },
      ]),
    ),
  }
}

/**
 * Makes what is served of the bundle that a row stores. Whatever else the row says is not looked at.
 * @throws {Refusal} `bundle-unverified`
 */
export const publishBundle = async (tenant: TenantId, stored: StoredBundle): Promise<PublishedBundle> => {
  try {
    return await open(tenant, stored)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'trust-bundle-refused') throw error
    throw new Refusal(
      'bundle-unverified',
      `Cannot serve the trust bundle of ${tenant}: what the tables hold does not verify.`,
      { retryAfterSeconds: 30, cause: error },
    )
  }
}
