import { rfc3339 } from '../../lib/text/rfc3339.ts'

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Not by Intl, which takes half as long as Node.js itself to start. */
const away = (time: Date, now: Date): string => {
  const seconds = Math.trunc((time.getTime() - now.getTime()) / 1000)
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const)
  const count = Math.trunc(Math.abs(seconds) / size)
  const told = `${count} ${unit}${count === 1 ? '' : 's'}`
  return time < now ? `${told} ago` : `in ${told}`
}

/** A time as UTC ISO 8601 to the second, and how far away it is. */
export const formatTime = (time: Date, now: Date): string => `${rfc3339(time)} (${away(time, now)})`

/** The most columns of a line, but for what must be copied whole: key references, paths, digests. */
const maxColumns = 80

/** Breaks a text between its words into lines of at most `width` columns; a longer word is broken, too. */
export const wrapText = (text: string, width: number): readonly string[] => {
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'g')) ?? [])
  const lines: string[] = []
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** A text behind a lead, within 80 columns: its further lines begin below the first. */
export const formatHanging = (lead: string, text: string): string => {
  const lines = wrapText(text, maxColumns - lead.length)
  return (lead + lines.join(`\n${' '.repeat(lead.length)}`)).trimEnd()
}

/** A name of at most 24 columns; a longer one keeps its beginning and its end. */
export const shortName = (name: string): string =>
  name.length <= 24 ? name : `${name.slice(0, 11)}..${name.slice(-11)}`

/** Lines of label and value, the values below each other. */
export const formatFields = (fields: readonly (readonly [label: string, value: string])[]): string => {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2
  return fields.map(([label, value]) => `${label.padEnd(width)}${value}`).join('\n')
}

/** A table of plain text: columns as wide as their widest entry, two spaces between; the last wraps at 80 columns. */
export const formatTable = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) => {
    const lead = row.slice(0, -1).map((entry, column) => `${entry.padEnd(widths[column] ?? 0)}  `)
    return formatHanging(lead.join(''), row.at(-1) ?? '')
  }
  return [header, ...rows].map(line).join('\n')
}
