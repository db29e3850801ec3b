import { Refusal } from '../errors/refusal.ts'
import { type Configuration, parseConfiguration } from './configuration.ts'

export interface TenantDocument {
  readonly configuration: Configuration
  /** The number of the revision that the document was made from; undefined when it does not say. */
  readonly base: number | undefined
}

/** Lists what `mayfly tenant show --json` tells beside the configuration and its revision. */
const shownMembers = ['tenant', 'appliedAt', 'appliedBy', 'actor', 'action', 'reason', 'forced', 'intact']

const refuse = (why: string) =>
  new Refusal('configuration-invalid', `Cannot accept the configuration: ${why}.`)

/**
 * Parses what `mayfly tenant apply` reads: a configuration document, or what `mayfly tenant show --json` printed, which
 * says which revision it is.
 * @throws {Refusal} `configuration-invalid`
 */
export const parseTenantDocument = (document: unknown): TenantDocument => {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, 'configuration'))
    return { configuration: parseConfiguration(document), base: undefined }
  const { configuration: inner, revision: base, ...shown } = document as Readonly<Record<string, unknown>>
  const stranger = Object.keys(shown).find((member) => !shownMembers.includes(member))
  if (stranger !== undefined) throw refuse('beside the configuration is what tenant show does not tell')
  if (typeof base !== 'number' || !Number.isSafeInteger(base) || base < 1)
    throw refuse('revision: the number of the revision that the configuration was made from')
  const configuration = parseConfiguration(inner)
  if (shown['tenant'] !== configuration.tenant) throw refuse('tenant: that of the configuration is another')
  return { configuration, base }
}
