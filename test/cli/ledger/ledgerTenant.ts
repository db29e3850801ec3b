import type { Entry } from '../../../lib/ledger/record/entry.ts'
import type { RefusalEntry } from '../../../lib/ledger/record/refusalEntry.ts'
import { tablesOfFile } from '../../azurite.ts'
import { storeIssuances, storeRefusals } from '../../lib/ledger/storedRows.ts'
import { applyDocument } from '../../world.ts'
import { openStream, runCommand, type RunOptions, runStream, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

interface Rows {
  readonly issuances?: readonly Entry[]
  readonly refusals?: readonly RefusalEntry[]
}

/** Applies a tenant of its own with these rows, and runs `ledger <words>` for it. */
export const ledgerTenant = async ({ issuances = [], refusals = [] }: Rows = {}) => {
  const document = testDocument()
  const { tenant } = document
  const tables = tablesOfFile()
  await applyDocument(tables, document)
  await storeIssuances(tables, tenant, issuances)
  await storeRefusals(tables, tenant, refusals)
  /** Gets what the commands tell beside their results. */
  const notices: string[] = []
  const by =
    <T>(run: (args: readonly string[], ...rest: [typeof deployment, RunOptions]) => T) =>
    (words: string, options: RunOptions = {}) =>
      run(['ledger', ...words.split(' '), '--tenant', tenant], deployment, { notices, ...options })
  const deployment = testDeployment('.')
  return { tenant, tables, notices, print: by(runStream), open: by(openStream), run: by(runCommand) }
}
