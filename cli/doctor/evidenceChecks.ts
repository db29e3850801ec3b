import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { TenantExamination } from './examination.ts'
import type { Found } from '../../client/check/finding.ts'
import { keysFound } from './keysFound.ts'

const remedy =
  'All that its tokens could tell is unknown once the keys that the app holds are too old. See whether the issuer is up, and whether evidence of the configuration names it as it names itself.'

const keysOfEvidence = async ({ revision, examination }: TenantExamination): Promise<readonly Found[]> => {
  const { configuration } = await dependOn('tenant-configuration', revision)
  const { posture = [], attestation = [] } = configuration.evidence ?? {}
  const found = await Promise.all(
    [...posture, ...attestation].map(async (signer) =>
      (await keysFound({ signer, remedy }, examination)).map((one) => ({ ...one, subject: signer.issuer })),
    ),
  )
  return found.flat()
}

/** Checks whether those who issue tokens about devices publish keys that these can be verified with. */
export const evidenceChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, { 'evidence-keys': keysOfEvidence })
