import type { Authority } from '../../lib/authority/authority.ts'
import type { Generation } from '../../lib/authority/generation.ts'
import type { Plan } from '../../lib/authority/change/plan.ts'
import { configurationFreshMilliseconds } from '../../lib/tenant/configuration.ts'
import { formatFields, formatHanging, formatTime } from '../commandLine/formatTable.ts'

/** A generation as a person reads it. */
export const describeGeneration = (generation: Generation, now: Date): string =>
  formatFields([
    [generation.id, generation.state],
    ['  until', formatTime(generation.tbs.notAfter, now)],
    ['  key', `${generation.algorithm}, ${generation.keyReference}`],
    ['  SHA-256', generation.digest],
  ])

/** A generation as a program reads it. */
const generationJson = (generation: Generation) => ({
  id: generation.id,
  kind: generation.kind,
  state: generation.state,
  algorithm: generation.algorithm,
  keyReference: generation.keyReference,
  signedBy: generation.signedBy,
  sha256: generation.digest,
  publishedAt: generation.publishedAt.toISOString(),
  publishedSequence: generation.publishedSequence,
  notBefore: generation.tbs.notBefore.toISOString(),
  notAfter: generation.tbs.notAfter.toISOString(),
})

/** The authority as a program reads it. */
export const authorityJson = ({ tenant, generations, bundle }: Authority) => ({
  tenant,
  sequence: bundle.sequence,
  generations: generations.map(generationJson),
})

/** Lists what a plan changes and breaks, a line each. */
export const describePlan = ({ action, subject, changes, breaks }: Plan): string =>
  [
    `${action} ${subject}:`,
    ...changes.map(({ id, from, to }) => `  ${id}: ${from} -> ${to}`),
    ...breaks.map((harm) => formatHanging('  breaks: ', harm)),
  ].join('\n')

/**
 * Tells when every instance of the service serves a bundle, which keeps the one before for as long as it may, and what to do then.
 * @param now when it was written.
 */
export const describeServed = ({ tenant, bundle }: Authority, now: Date): string => {
  const servedAt = new Date(now.getTime() + configurationFreshMilliseconds)
  const wait = `mayfly trust fetch --tenant ${tenant} --at-least ${bundle.sequence} waits for it on a server`
  return `served by every instance at ${formatTime(servedAt, now)} at the latest; ${wait}`
}
