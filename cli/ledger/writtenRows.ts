import type { CommandContext } from '../commandLine/command.ts'
import type { RecordFormat } from './recordFormat.ts'
import type { Found } from './findIssuances.ts'

/** How rows become text. */
export interface Writing<Row, Written> {
  readonly format: RecordFormat<Written>
  readonly record: (row: Row) => Written
  readonly notice: CommandContext['notice']
  /** Told of each row that is written. */
  readonly onWritten?: () => void
}

/**
 * The rows of a search as text, one after the other as they are found.
 * @throws {Refusal} `tables-unavailable`, or `fault` at the end when rows could not be read
 */
export async function* writtenRows<Row, Written>(
  { rows, search }: Found<Row>,
  { format: { heading, write }, record, notice, onWritten }: Writing<Row, Written>,
): AsyncGenerator<string> {
  let isFirst = true
  for await (const row of rows) {
    search.clear()
    if (isFirst && heading) yield heading.text
    isFirst = false
    onWritten?.()
    yield write(record(row))
  }
  if (isFirst) notice('none was found')
  if (isFirst && heading?.always === true) yield heading.text
  search.finish()
}
