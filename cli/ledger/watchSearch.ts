import { Refusal } from '../../lib/errors/refusal.ts'
import type { SearchWatcher } from '../../lib/ledger/search/readRow.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { shownText } from '../../lib/terminal/shownText.ts'

const rowsBetween = 1_000

/** Tells how far a search is, and which rows it leaves out. */
export const watchSearch = ({ progress, notice }: Pick<CommandContext, 'progress' | 'notice'>) => {
  const count = { rows: 0, unreadable: 0 }
  let table = ''
  let isShown = false
  const show = () => {
    isShown = true
    progress(`${table}: ${count.rows} rows read`)
  }
  /** Takes the progress off the terminal, so that a row can be printed there. */
  const clear = () => {
    if (isShown) progress('')
    isShown = false
  }
  const watcher: SearchWatcher = {
    onTable(next) {
      table = next
      show()
    },
    onRow() {
      count.rows += 1
      if (count.rows % rowsBetween === 0) show()
    },
    onUnreadable(of, { partition, row }) {
      count.unreadable += 1
      notice(`a row of ${of} cannot be read and is left out: ${shownText(`${partition} ${row}`)}`)
    },
  }
  return {
    watcher,
    clear,
    /** Ends a search whose rows could all be read. @throws {Refusal} `fault` when some could not */
    finish: () => {
      clear()
      if (count.unreadable === 0) return
      throw new Refusal(
        'fault',
        `Cannot read ${count.unreadable} of the rows: they are not as Mayfly writes them.`,
      )
    },
  }
}
