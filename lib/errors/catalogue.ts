import { programRefusals } from './programRefusals.ts'
import { serviceRefusals } from './serviceRefusals.ts'

/** One row of the catalogue: how a refusal of this code appears on the wire, and what it means to the reader. */
export interface CatalogueEntry {
  /** HTTP status code. The CLI derives its exit code from it. */
  readonly status: number
  /** RFC 9457 `title`: the same for every occurrence of the code. */
  readonly title: string
  /** Tells the client or administrator what to do; printed in docs/errors.md. */
  readonly remedy: string
}

/** Every refusal there is. A code is stable: clients switch on it (RFC 9457 `type` is `urn:mayfly:problem:<code>`). */
export const catalogue = { ...serviceRefusals, ...programRefusals } as const satisfies Record<
  string,
  CatalogueEntry
>

/** The closed set of refusal codes. */
export type RefusalCode = keyof typeof catalogue
