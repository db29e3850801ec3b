import type { EvidenceTrouble } from '../policy/signals/deviceEvidence.ts'
import { intuneFacts, silentFacts } from '../policy/signals/factsOfDirectory.ts'
import type { Answer } from '../policy/signals/signal.ts'
import type { Directory, DirectoryQuestion, DirectoryWord } from './directory.ts'
import { type DirectoryPart, outageText } from './directoryOutage.ts'

const usualSeconds = 5
const mendedSeconds = 60

/** Tells whether Intune is asked: the tenant has it asked, and it tells a fact that policies ask for. */
export const asksIntune = ({ intune, asked }: DirectoryQuestion): boolean =>
  intune && intuneFacts.some((fact) => asked.has(fact))

/** Says of every proof the same. */
const everyProof = ({ proves }: DirectoryQuestion, answer: Answer): DirectoryWord['proofs'] =>
  Object.fromEntries(proves.map((proof) => [proof, answer]))

/** Says that a part of the directory says nothing now. */
export const outageTrouble = (part: DirectoryPart, retryAfterSeconds: number): EvidenceTrouble => ({
  source: part,
  code: 'directory-unavailable',
  why: outageText(part),
  retryAfterSeconds,
})

/** Says why the directory's word is no, which no time mends. */
export const noTrouble = (why: string): EvidenceTrouble => ({
  source: 'directory',
  code: 'device-not-compliant',
  why,
  retryAfterSeconds: undefined,
})

/** Says nothing of a device, since nothing can be asked now: the parts that would have been asked are all silent. */
export const silence = (question: DirectoryQuestion, retryAfterSeconds = usualSeconds): DirectoryWord => {
  const parts: readonly DirectoryPart[] = asksIntune(question) ? ['directory', 'intune'] : ['directory']
  return {
    attributes: undefined,
    proofs: everyProof(question, 'unknown'),
    facts: silentFacts(question),
    troubles: parts.map((part) => outageTrouble(part, retryAfterSeconds)),
  }
}

/** Says that the directory has no record of the device. */
export const noRecord = (question: DirectoryQuestion): DirectoryWord => ({
  attributes: null,
  proofs: everyProof(question, 'no'),
  facts: silentFacts(question),
  troubles: [noTrouble('the directory has no record of the device')],
})

/** Says nothing to a tenant of another directory than the deployment's. */
export const elsewhere = (question: DirectoryQuestion): DirectoryWord => silence(question, mendedSeconds)

/** Stands where the deployment has no directory: tenants that want one are told nothing. */
export const silentDirectory: Directory = { lookUp: (question) => Promise.resolve(elsewhere(question)) }
