import { join } from 'node:path'
import { anchorStore } from '../../../lib/authority/trusted/anchorStore.ts'
import type { StoredRow, Tables } from '../../../lib/store/tables.ts'
import { tablesOfFile } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import type { AuthorityBench } from '../withAuthority.ts'

/** The values of a row, or what becomes of them; undefined takes the row away. */
type Alteration = (values: StoredRow['values']) => StoredRow['values'] | undefined

/** Somebody who can write to the table of authorities, and reaches no key of the tenant. */
export interface TableWriter {
  readonly rows: () => Promise<readonly StoredRow[]>
  alter(row: string, change: Alteration): Promise<void>
  plant(row: string, values: StoredRow['values']): Promise<void>
  /** Puts all rows back as they were. */
  restore(rows: readonly StoredRow[]): Promise<void>
  /** Runs a command with other keys and anchors, as from another machine. */
  elsewhere(words: string, folder?: string): Promise<unknown>
}

const replaceAll = async (tables: Tables, tenant: string, rows: readonly StoredRow[]): Promise<void> => {
  for (const { row } of await tables.list('authorities', tenant))
    await tables.remove('authorities', { partition: tenant, row })
  for (const row of rows) await tables.insert('authorities', row)
}

/** Becomes a writer to the table of a tenant. */
export const tableWriter = ({ tenant, deployment }: AuthorityBench): TableWriter => {
  const tables = tablesOfFile()
  const rows = () => tables.list('authorities', tenant)
  return {
    rows,
    restore: (wanted) => replaceAll(tables, tenant, wanted),
    plant: async (row, values) =>
      void (await tables.insert('authorities', { partition: tenant, row, values })),
    async alter(name, change) {
      const found = (await rows()).find(({ row }) => row === name)
      const values = found && change(found.values)
      await tables.remove('authorities', { partition: tenant, row: name })
      if (values) await tables.insert('authorities', { partition: tenant, row: name, values })
    },
    async elsewhere(words, folder) {
      const own = await temporaryFolder()
      const other = folder === undefined ? testDeployment(own) : deployment
      return runCommand([...words.split(' '), '--tenant', tenant], other, {
        anchors: () => anchorStore(join(own, 'anchors.json')),
      })
    },
  }
}
