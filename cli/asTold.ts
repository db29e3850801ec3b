import { certificateFaults } from '../client/unreachable.ts'
import { AlteredRow } from '../lib/authority/generation.ts'
import { Refusal } from '../lib/errors/refusal.ts'

/**
 * What a command threw, as it is told: tables and vaults whose server is not trusted from here, such as behind a proxy that
 * inspects TLS, are no outage that passes; a row that cannot be read is no defect of the CLI.
 */
export const asTold = (error: unknown): unknown => {
  if (error instanceof AlteredRow)
    return new Refusal('authority-altered', `Cannot rely on the tables: ${error.message}`, { cause: error })
  if (!(error instanceof Refusal) || error.status !== 503) return error
  const { cause } = error.options
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException
  const fault = certificateFaults[code]
  if (fault === undefined) return error
  const detail = `${error.detail} The server cannot be trusted: ${fault} (${code}).`
  return new Refusal('service-untrusted', detail, { cause })
}
