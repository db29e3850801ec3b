import { leafTbs } from '../../lib/profile/leafProfile.ts'
import { lintCross, lintIssuer, lintRoot } from '../../lib/profile/lintRoot.ts'
import { lintLeaf } from '../../lib/profile/lintLeaf.ts'
import type { PublicKey } from '../../lib/x509/publicKey.ts'
import { encodeTbsCertificate } from '../../lib/x509/tbsCertificate.ts'
import { issuerExpectation, rootExpectation } from '../lib/profile/fixtures/authority.ts'
import { crossExpectation, newWithOldTbs } from '../lib/profile/fixtures/cross.ts'
import { authorityTbs } from '../lib/profile/fixtures/hierarchy.ts'
import { expectationOf, leafRequest, type LeafVariant, leafVariants } from '../lib/profile/fixtures/leaf.ts'
import { fixedKeys } from './fixedKeys.ts'

const authority = authorityTbs('ES256', { rootKey: fixedKeys.root, issuerKey: fixedKeys.issuer })
const hierarchy = {
  algorithm: 'ES256',
  ...authority,
  rootKey: { publicKey: fixedKeys.root },
  issuerKey: { publicKey: fixedKeys.issuer },
} as const

/** The DER TBSCertificate of a leaf, linted. */
const leaf = (variant: LeafVariant | undefined, publicKey: PublicKey = fixedKeys.p256): Uint8Array => {
  if (!variant) throw new Error('The fixtures have no such variant.')
  const request = leafRequest(hierarchy, publicKey, variant)
  const der = encodeTbsCertificate(leafTbs(request))
  lintLeaf(der, expectationOf(request))
  return der
}

const root = (): Uint8Array => {
  const der = encodeTbsCertificate(authority.root)
  lintRoot(der, rootExpectation(hierarchy))
  return der
}

const issuer = (): Uint8Array => {
  const der = encodeTbsCertificate(authority.issuer)
  lintIssuer(der, issuerExpectation(hierarchy))
  return der
}

/** The next root's key, certified by the root (NewWithOld). */
const cross = (): Uint8Array => {
  const der = encodeTbsCertificate(newWithOldTbs(hierarchy, fixedKeys.nextRoot))
  lintCross(der, crossExpectation(hierarchy, fixedKeys.nextRoot))
  return der
}

/** What is kept of each variant of the profile, by the name of its files: makes the DER TBSCertificate anew. */
export const goldenVariants: Readonly<Record<string, () => Uint8Array>> = {
  root,
  issuer,
  cross,
  'leaf-default': () => leaf({}),
  'leaf-object-id': () => leaf(leafVariants['an object id for a common name']),
  'leaf-rfc822-name': () => leaf(leafVariants['an rfc822Name']),
  'leaf-device': () => leaf(leafVariants['a device']),
  'leaf-security-identifier': () => leaf(leafVariants['a security identifier']),
  'leaf-policy': () => leaf(leafVariants['a certificate policy']),
  'leaf-24-hours': () => leaf(leafVariants['the longest lifetime']),
  'leaf-without-no-rev-avail': () => leaf(leafVariants['no noRevAvail']),
  'leaf-everything': () => leaf(leafVariants['everything at once']),
  'leaf-p384-key': () => leaf({}, fixedKeys.p384),
  'leaf-rsa-key': () => leaf({}, fixedKeys.rsa),
  'leaf-ed25519-key': () => leaf({}, fixedKeys.ed25519),
}
