/** What orders a version. */
export type Parts = readonly number[]

const versionForm = /^\d{1,9}(\.\d{1,9}){0,7}$/
const buildForm = /^(\d{1,3})([A-Z])(\d{1,5})$/

/** Reads a version, which is numbers between dots; undefined for what is none. */
export const versionParts = (text: string): Parts | undefined =>
  versionForm.test(text) ? text.split('.').map(Number) : undefined

/**
 * Reads a build of macOS, such as `23F79`, into what orders it; undefined for what is none, and for builds with a letter behind,
 * which are betas and quick fixes, and stand in no order with others.
 */
export const buildParts = (text: string): Parts | undefined => {
  const [, major, letter, number] = buildForm.exec(text) ?? []
  if (major === undefined || letter === undefined) return undefined
  return [Number(major), letter.charCodeAt(0), Number(number)]
}
