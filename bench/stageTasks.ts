import { ledgerKey } from '../lib/ledger/record/ledgerKey.ts'
import { prepare } from '../lib/issuance/prepare.ts'
import { decideToken } from '../lib/policy/decideToken.ts'
import { leafTbs } from '../lib/profile/leafProfile.ts'
import { lintLeaf } from '../lib/profile/lintLeaf.ts'
import type { Signer } from '../lib/keys/signer.ts'
import { verifyToken } from '../lib/token/verifyToken.ts'
import { encodeCertificate } from '../lib/x509/certificate.ts'
import { verifyCsr } from '../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../lib/x509/decodeCsr.ts'
import { parsePublicKey } from '../lib/x509/publicKey.ts'
import { verifiesSignature } from '../lib/x509/signatureAlgorithm.ts'
import { encodeTbsCertificate } from '../lib/x509/tbsCertificate.ts'
import type { BenchWorld, TokenAlgorithm } from './benchWorld.ts'
import { circumstancesOf, type StageInputs } from './stageInputs.ts'
import { type Task, task } from './measure.ts'

/** Does the same thing again and again. */
const repeating = (name: string, run: () => unknown): Task => task({ name, inputs: [undefined], run })

const tokenTask = (name: string, world: BenchWorld, { evidence }: StageInputs, algorithm: TokenAlgorithm) => {
  const { keys, now } = world.services
  return task({
    name,
    inputs: world.tokens[algorithm],
    run: (token) => verifyToken(token, evidence.tenant, { keys, now: now() }),
  })
}

/** The stages of enroll(), each through the function that does it in production. */
export const stageTasks = (world: BenchWorld, inputs: StageInputs, signer: Signer): readonly Task[] => {
  const { evidence, issuer, tbs, signature, entry } = inputs
  const { now, random, uuid, ledger, policies } = world.services
  const { token } = evidence.permit
  const { algorithm, publicKey } = issuer
  return [
    tokenTask('token verified (RS256)', world, inputs, 'RS256'),
    task({
      name: 'CSR decoded (PEM)',
      inputs: world.csrs.map(({ pem }) => Buffer.from(pem)),
      run: (pem) => decodeCsr(pem),
    }),
    task({
      name: 'CSR verified (DER, key, possession)',
      inputs: world.csrs.map(({ der }) => der),
      run: verifyCsr,
    }),
    repeating('decided', () => decideToken(token, policies(evidence.tenant), circumstancesOf(now()))),
    repeating('prepared (written and linted)', () => prepare(evidence, issuer, { now: now(), random })),
    repeating('signed (local key)', () => signer.probe(uuid())),
    repeating('self-verified', () => verifiesSignature({ algorithm, publicKey, signed: tbs, signature })),
    repeating('certificate assembled', () => encodeCertificate(tbs, algorithm, signature)),
    repeating('ledger rows encoded', async () => {
      const row = ledgerKey(token.facts)
      await ledger.lookUp(row)
      await ledger.record(row, entry)
    }),
  ]
}

/** Makes tasks of parts of stages, to tell which of them cost how much. */
export const partTasks = (world: BenchWorld, inputs: StageInputs): readonly Task[] => {
  const { request, issuer, tbs, now } = inputs
  const { profile, identity, publicKey } = request
  const { lifetimeSeconds } = profile
  return [
    tokenTask('token verified, where ES256', world, inputs, 'ES256'),
    repeating('CSR key parsed and imported', () => parsePublicKey(publicKey.spki)),
    repeating('TBSCertificate written', () => encodeTbsCertificate(leafTbs(request))),
    repeating('TBSCertificate linted', () =>
      lintLeaf(tbs, { profile, identity, issuer, publicKey, lifetimeSeconds, now }),
    ),
  ]
}
