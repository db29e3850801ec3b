import { type Directive, unquoted } from './directive.ts'

/** Reads an ocserv.conf, where # begins a comment anywhere. */
export const parseOcserv = (text: string): readonly Directive[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^\s*([^#;=\s[]+)\s*=\s*([^#]*?)\s*(#.*)?$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [{ section: [], name, value: unquoted(value) }]
  })
