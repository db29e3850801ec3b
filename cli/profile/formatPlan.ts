import type { Plan, PlannedChange } from '../../client/profileWatch/planChanges.ts'
import { shownText } from '../../lib/terminal/shownText.ts'

const words: Readonly<Record<PlannedChange['change'], string>> = {
  keep: 'is as the file says',
  hold: 'is left',
  create: 'is created',
  replace: 'is replaced',
  foreign: 'is left: it is not managed, and differs',
  remove: 'is removed',
  leave: 'is left: it is not managed, and not of the file',
}

const waitsFor = ({ change, tunnel }: PlannedChange): string => {
  const isChanged = change === 'replace' || change === 'remove'
  if (!isChanged || tunnel === undefined || tunnel === 'down') return ''
  return tunnel === 'up' ? ', when its tunnel ends' : ', when it can be told that its tunnel is down'
}

const linesOf = (planned: PlannedChange): readonly string[] => {
  const { name, change, differences, text } = planned
  return [
    `"${name}" ${words[change]}${waitsFor(planned)}${text === undefined ? '' : `: ${text}`}`,
    ...differences.map(
      ({ setting, wanted = 'nothing', installed = 'nothing' }) =>
        `  ${setting}: ${wanted} is wanted, ${installed} is installed`,
    ),
  ]
}

/** Tells people what a check would do with the profiles of a file. */
export const formatPlan = (file: string, { changes, notes, sources }: Plan): string =>
  [file, ...changes.flatMap(linesOf), ...sources, ...notes].map(shownText).join('\n')

/** Tells programs, with both profiles in full. */
export const planJson = (file: string, { changes, notes, sources }: Plan) => ({
  file,
  notes,
  sources,
  changes: changes.map(({ wanted, installed, ...rest }) => ({
    ...rest,
    wanted: wanted && Object.fromEntries(wanted.parts),
    installed: installed && Object.fromEntries(installed.parts),
  })),
})
