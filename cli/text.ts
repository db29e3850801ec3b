const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

const relative = (seconds: number): string => {
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const)
  return relativeFormat.format(Math.trunc(seconds / size), unit)
}

/** A time as UTC ISO 8601 to the second, and how far away it is. */
export const formatTime = (time: Date, now: Date): string =>
  `${time.toISOString().replace(/\.\d+Z$/, 'Z')} (${relative((time.getTime() - now.getTime()) / 1000)})`

/** Lines of label and value, the values below each other. */
export const formatFields = (fields: readonly (readonly [label: string, value: string])[]): string => {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2
  return fields.map(([label, value]) => `${label.padEnd(width)}${value}`).join('\n')
}
