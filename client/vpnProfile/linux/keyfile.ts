/** Groups of a keyfile, and what each says, in their order: https://networkmanager.dev/docs/api/latest/nm-settings-keyfile.html */
export type Keyfile = readonly (readonly [group: string, entries: readonly (readonly [string, string])[]])[]

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
}

const escaped = (text: string): string =>
  text
    .replaceAll(/[\\\n\r\t]/g, (one) => escapes[one] ?? one)
    .replace(/^ +/, (all) => '\\s'.repeat(all.length))

const unescapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ' }

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, one: string) => unescapes[one] ?? one)

export const printKeyfile = (groups: Keyfile): string =>
  groups
    .map(([group, entries]) =>
      [`[${group}]`, ...entries.map(([name, value]) => `${name}=${escaped(value)}`), ''].join('\n'),
    )
    .join('\n')

/** Reads a keyfile. What is no line of one is passed over, as NetworkManager does. */
export const parseKeyfile = (text: string): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const groups = new Map<string, Map<string, string>>()
  let entries = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, group] = /^\[([^\]]*)\]\s*$/.exec(line) ?? []
    const [, name, value] = /^[ \t]*([^#; \t=][^=]*?)[ \t]*=[ \t]*(.*?)[ \t]*$/s.exec(line) ?? []
    if (group !== undefined) {
      entries = groups.get(group) ?? new Map<string, string>()
      groups.set(group, entries)
    } else if (name !== undefined && value !== undefined) entries.set(name, unescaped(value))
  }
  return groups
}
