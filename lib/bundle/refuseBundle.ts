import { Refusal } from '../errors/refusal.ts'

/** The refusal of a trust bundle, which names the check that it failed. */
export const refuseBundle = (why: string, cause?: unknown): Refusal =>
  new Refusal('trust-bundle-refused', `Cannot trust the bundle: ${why}.`, { cause })

/** Reads a part of a bundle whose parser has refusals or errors of its own. @throws {Refusal} `trust-bundle-refused` */
export const readingBundle = <T>(what: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw refuseBundle(`${what} cannot be read`, error)
  }
}
