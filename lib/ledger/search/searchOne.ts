import type { Tables } from '../../store/tables.ts'
import { type FoundIssuance, searchIssuances } from './searchIssuances.ts'
import type { SearchWatcher } from './readRow.ts'

/** Which issuance is wanted, and where it is looked for. */
export interface OneSearch {
  readonly tenant: string
  /** In this order. */
  readonly names: readonly string[]
  /** Lower-case hex. */
  readonly serialNumber: string
  /** DER Certificate that the row must hold, if it is at hand. */
  readonly certificate?: Uint8Array | undefined
  readonly watcher: SearchWatcher
}

export interface OneFound {
  readonly found: FoundIssuance | undefined
  /** Whether a row has the serial number and another certificate than the one at hand. */
  readonly isOther: boolean
}

/** Finds the one issuance with a serial number. Tables behind the one that holds it are not read. @throws {Refusal} `tables-unavailable` */
export const searchOne = async (
  tables: Tables,
  { tenant, names, serialNumber, certificate, watcher }: OneSearch,
): Promise<OneFound> => {
  const always = { since: undefined, until: undefined }
  let isOther = false
  for await (const found of searchIssuances(tables, {
    tenant,
    names,
    filter: { serialNumber },
    watcher,
    ...always,
  })) {
    if (certificate === undefined || Buffer.compare(found.entry.certificate, certificate) === 0)
      return { found, isOther }
    isOther = true
  }
  return { found: undefined, isOther }
}
