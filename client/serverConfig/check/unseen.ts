import type { Fault } from './rule.ts'

/** What is wrong where a file reads another one that was not looked at. @param word what reads it */
export const unseen = (word: string): Fault => ({
  finding: `another file is read by \`${word}\`, and was not looked at`,
  why: 'what it says counts like what is written here, and may undo it.',
  remedy: 'Name it with --installed too, or write its lines here.',
})

/** The form of a path, which may begin with a variable, name several by `*` and `?`, or all of a folder by a slash at its end. */
const formOf = (path: string): RegExp => {
  const name = path.replace(/^(\.\/|\$\{\w+\}\/)+/, '')
  const form = name
    .replace(/\/$/, '/*')
    .replaceAll(/[^\w/*?]/g, String.raw`\$&`)
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`${name.startsWith('/') ? '^' : '(^|/)'}${form}$`)
}

/** Whether a path, or a pattern, names a file. */
export const isNamed = (name: string, file: string): boolean => formOf(name).test(file)
