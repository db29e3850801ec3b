import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundledCertificates, bundlePem, certificatePem } from '../lib/bundle/bundlePem.ts'
import { replaceFile } from './replaceFile.ts'
import type { TrustBundle } from '../lib/bundle/trustBundle.ts'
import { certificateNames, checkOwner, type TrustFiles } from './trustFiles.ts'

/** VPN servers run as other users, and nothing of it is secret. */
const fileMode = 0o644
const folderMode = 0o755

/** Files that may be removed, drafts of a crash included; whatever else is there belongs to somebody. */
const ownName = /^(root|issuer|cross)~[\d-]{4,9}\.pem(\.[\da-f-]{36}\.tmp)?$/

/** The digests of a bundle's roots, which may sign the next bundle. */
export const rootDigests = ({ roots }: TrustBundle): readonly string[] => roots.map(({ sha256 }) => sha256)

/** The content of the file of anchors. */
export const anchorLines = (digests: readonly string[]): string =>
  digests.map((digest) => `${digest}\n`).join('')

/** The files of a bundle's certificates: name and content. */
export const certificateFiles = (bundle: TrustBundle): ReadonlyMap<string, string> =>
  new Map(bundledCertificates(bundle).map((entry) => [`${entry.id}.pem`, certificatePem(entry)]))

const writeCertificates = async (files: TrustFiles, bundle: TrustBundle): Promise<void> => {
  const current = certificateFiles(bundle)
  for (const [name, pem] of current) await replaceFile(join(files.certificates, name), pem, fileMode)
  for (const name of await certificateNames(files))
    if (ownName.test(name) && !current.has(name)) await rm(join(files.certificates, name), { force: true })
}

/**
 * Puts a verified bundle in place, each file atomically. A crash in between leaves the old `trust.jws` or the new one,
 * anchors that verify it, and the bundle with which the installation can be finished.
 * @param anchors those that the bundle was verified with.
 * @throws {Refusal} `trust-bundle-refused` when others can write to the folder.
 */
export const installBundle = async (
  files: TrustFiles,
  bundle: TrustBundle,
  anchors: readonly string[],
): Promise<void> => {
  await mkdir(files.certificates, { recursive: true, mode: folderMode })
  await checkOwner(files)
  await replaceFile(files.anchors, anchorLines(anchors), fileMode)
  await replaceFile(files.incoming, bundle.jws, fileMode)
  await writeCertificates(files, bundle)
  await replaceFile(files.pem, bundlePem(bundle), fileMode)
  await replaceFile(files.json, bundle.json, fileMode)
  await replaceFile(files.jws, bundle.jws, fileMode)
  // Only now: a crash before this line leaves the old bundle, whose signer the new one may have dropped.
  await replaceFile(files.anchors, anchorLines(rootDigests(bundle)), fileMode)
  await rm(files.incoming, { force: true })
}
