import { isNamed } from './unseen.ts'

/** A line by which a file reads others: of strongSwan, OpenVPN, FreeRADIUS or nginx. */
const readForm =
  /^[ \t]*(?:include|config|\$INCLUDE-?)[ \t]+["']?([^\s"';]+)["']?[ \t]*;?[ \t]*(?:#.*)?\r?$/gim

/**
 * Puts files where others read them, for what they say counts there. A line that reads none of them stays: it was not looked at.
 * @param paths of the texts, in their order, as far as they are known
 * @returns what is left: files that no other reads; all of them where each is read by another.
 */
export const spliced = (texts: readonly string[], paths: readonly string[]): readonly string[] => {
  const read = new Set<number>()
  const expand = (text: string, within: readonly number[]): string =>
    text.replace(readForm, (line, name: string) => {
      const named = [...paths.keys()].filter((index) => isNamed(name, paths[index] ?? ''))
      const found = named.filter((index) => !within.includes(index))
      if (found.length === 0) return line
      for (const index of found) read.add(index)
      return found.map((index) => expand(texts[index] ?? '', [...within, index])).join('\n')
    })
  const all = texts.map((text, index) => expand(text, [index]))
  return read.size < texts.length ? all.filter((_, index) => !read.has(index)) : all
}
