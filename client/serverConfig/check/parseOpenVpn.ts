import { type Directive, unquoted } from './directive.ts'

/** A word of OpenVPN: quoted, or without white space. */
const wordForm = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/g

/** A line without its comment, which begins a line or follows white space. */
const uncommented = (line: string): readonly string[] => {
  const words = line.match(wordForm) ?? []
  const comment = words.findIndex((word) => /^[#;]/.test(word))
  return (comment === -1 ? words : words.slice(0, comment)).map(unquoted)
}

/** Reads an OpenVPN configuration, a directive a line; a file that is written into it has the value `[inline]`. */
export const parseOpenVpn = (text: string): readonly Directive[] => {
  const found: Directive[] = []
  let inline: string | undefined
  for (const line of text.split(/\r?\n/)) {
    if (inline !== undefined) {
      // Nothing else ends it.
      if (line.trimStart().startsWith(`</${inline}>`)) inline = undefined
      continue
    }
    const words = uncommented(line)
    const [, tag] = (words.length === 1 && /^<([^/].*)>$/.exec(words[0] ?? '')) || []
    if (tag !== undefined) {
      found.push({ section: [], name: tag, value: '[inline]' })
      inline = tag
      continue
    }
    // Says the same as the rest of the line, to servers that know it.
    const [name, ...rest] = words[0] === 'setenv' && words[1] === 'opt' ? words.slice(2) : words
    if (name !== undefined) found.push({ section: [], name: name.replace(/^--/, ''), value: rest.join(' ') })
  }
  return found
}
