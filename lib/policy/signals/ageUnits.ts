import type { FactName } from './factKinds.ts'

/** The facts that grow by themselves, and the seconds that they take to grow by 1. */
export const ageUnits: Readonly<Partial<Record<FactName, number>>> = {
  updateAgeDays: 86_400,
  antivirusSignatureAgeDays: 86_400,
  attestationAgeSeconds: 1,
}
