import type { GenerationState } from '../../../lib/authority/generation.ts'
import type { Tables } from '../../../lib/store/tables.ts'

/** Puts a generation into a state, as the CLI will. */
export const setState = async (
  tables: Tables,
  tenant: string,
  id: string,
  state: GenerationState,
): Promise<void> => {
  const stored = await tables.get('authorities', { partition: tenant, row: id })
  if (!stored) throw new Error(`There is no ${id}.`)
  const { etag, ...row } = stored
  const changed = { ...row, values: { ...row.values, state } }
  if (!(await tables.transact('authorities', [{ kind: 'replace', row: changed, etag }]))) {
    throw new Error(`Somebody else changed ${id}.`)
  }
}
