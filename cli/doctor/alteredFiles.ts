import { encodingsOf } from '../../lib/authority/publishedBundle.ts'
import { type BundleFile, bundleFiles, type StoredBundle } from '../../lib/authority/storedBundle.ts'
import { bundledCertificates } from '../../lib/bundle/bundleFolder.ts'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { certificateDigest } from '../../lib/x509/certificate.ts'
import { parsePemCertificates } from '../../lib/x509/pemBlock.ts'

const pemDigests = (octets: Uint8Array): readonly string[] => {
  try {
    return parsePemCertificates(Buffer.from(octets).toString('latin1')).map(certificateDigest)
  } catch {
    return []
  }
}

/** Earlier versions wrote other comments, and cross certificates as well: its certificates count. */
const isAltered = (pem: Uint8Array, bundle: TrustBundle): boolean => {
  const digests = pemDigests(pem)
  const signed = bundledCertificates(bundle).map(({ sha256 }) => sha256)
  const needed = [...bundle.roots, ...bundle.issuers]
  return (
    digests.some((digest) => !signed.includes(digest)) ||
    needed.some(({ sha256 }) => !digests.includes(sha256))
  )
}

/** The files of a row that say something else than its `trust.jws`: nobody serves them, yet somebody wrote them. */
export const alteredFiles = ({ encodings }: StoredBundle, bundle: TrustBundle): readonly BundleFile[] => {
  const derived = encodingsOf(bundle)
  return bundleFiles.filter((file) =>
    file === 'trust.pem'
      ? isAltered(encodings[file], bundle)
      : Buffer.compare(encodings[file], derived[file]) !== 0,
  )
}
