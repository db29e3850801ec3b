import type { Outcome } from '../../../cli/commandLine/command.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { testConnectionString } from '../../azurite.ts'
import { applyDocument } from '../../world.ts'
import { runCommand, type RunOptions, runStream, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

/** A tenant of its own, for tests of the commands that read the ledger. */
export interface LedgerTenant {
  readonly tenant: string
  readonly tables: Tables
  /** What the commands told beside their results. */
  readonly notices: string[]
  /** Runs `ledger <words>` for the tenant. @returns what it printed. */
  readonly print: (words: string, options?: RunOptions) => Promise<string>
  /** Runs `ledger <words>` for the tenant. */
  readonly run: (words: string, options?: RunOptions) => Promise<Outcome>
}

/** Applies a tenant. */
export const ledgerTenant = async (): Promise<LedgerTenant> => {
  const document = testDocument()
  const { tenant } = document
  const tables = openTables({ kind: 'connectionString', connectionString: testConnectionString() })
  await applyDocument(tables, document)
  const notices: string[] = []
  const args = (words: string) => ['ledger', ...words.split(' '), '--tenant', tenant]
  return {
    tenant,
    tables,
    notices,
    print: (words, options) => runStream(args(words), testDeployment('.'), { notices, ...options }),
    run: (words, options) => runCommand(args(words), testDeployment('.'), { notices, ...options }),
  }
}
