import type { Fault } from './rule.ts'

/** What is wrong where a file reads another one that was not looked at. @param word what reads it */
export const unseen = (word: string): Fault => ({
  finding: `another file is read by \`${word}\`, and was not looked at`,
  why: 'what it says counts like what is written here, and may undo it.',
  remedy: 'Name it with --installed too, or write its lines here.',
})

/** Whether a file was looked at. What names several by a pattern may always name one more. */
export const isSeen = (path: string, looked: readonly string[]): boolean => {
  const name = path.replace(/^(\.\/)+/, '')
  return (
    name !== '' && looked.some((one) => one === name || (!name.startsWith('/') && one.endsWith(`/${name}`)))
  )
}
