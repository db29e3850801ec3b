import { type Directive, unquoted } from './directive.ts'

const settingForm = /^\s*([^#;=:\s[]+)\s*[=:]\s*(.*)$/

/** Takes the comment from a line: # begins one anywhere, and a semicolon after white space. */
const uncommented = (line: string): string => line.replace(/#.*$|(^|\s);.*$/, '').trimEnd()

/**
 * Reads an ocserv.conf. A line that is indented gives the setting above it one more value; one that looks like a setting counts as
 * that, too, for not every version of ocserv takes it so.
 */
export const parseOcserv = (text: string): readonly Directive[] => {
  let above: string | undefined
  return text
    .split(/\r?\n/)
    .map(uncommented)
    .flatMap((line) => {
      const [, name, value = ''] = settingForm.exec(line) ?? []
      const isMore = above !== undefined && /^\s+\S/.test(line)
      const more = isMore ? [{ section: [], name: above ?? '', value: unquoted(line.trim()) }] : []
      if (!isMore && name !== undefined) above = name
      return [...more, ...(name === undefined ? [] : [{ section: [], name, value: unquoted(value) }])]
    })
}
