import { type Directive, unquoted, valuesOf } from './directive.ts'

/** Whether a statement gives an attribute a value, in whichever list. */
const isAssigned = ({ name }: Directive, attribute: string): boolean =>
  name.replace(/^&?([\w.]+:)?/, '') === attribute

/** Lists the values that are given to an attribute. */
export const assigned = (installed: readonly Directive[], attribute: string): readonly string[] =>
  installed
    .filter((one) => isAssigned(one, attribute))
    .map(({ value }) => unquoted(value.replace(/^[:+]?= */, '')))

/** The servers that look at certificates: those that a method of EAP names, as far as they are there. */
const checkingServers = (installed: readonly Directive[]): readonly string[] =>
  valuesOf(installed, 'virtual_server', /(^|\/)tls$/)
    .map((name) => `server ${name}`)
    .filter((server) => installed.some(({ section }) => section[0] === server))

/** What such a server does with a certificate, in its order. */
const checksOf = (installed: readonly Directive[], server: string): readonly Directive[] =>
  installed.filter(({ section }) => section[0] === server && section[1] === 'authorize')

/** The conditions that somebody is refused for whom they do not hold: what stands in an `if` whose `else` rejects. */
const demandsIn = (checks: readonly Directive[]): readonly string[] =>
  checks.flatMap(({ section, blocks, name }, index) => {
    if (name !== 'reject' || section.length !== 3 || section[2] !== 'else') return []
    const before = checks.slice(0, index).findLast((one) => one.blocks?.[2] !== blocks?.[2])?.section[2] ?? ''
    return before.startsWith('if (') ? [before] : []
  })

/** What each server that looks at certificates demands before it accepts one. The first word is to be the refusal: a rule of its own. */
const demandsOf = (installed: readonly Directive[]): readonly (readonly string[])[] =>
  checkingServers(installed).map((server) => {
    const checks = checksOf(installed, server)
    const [, ...decided] = checks.filter((one) => isAssigned(one, 'Auth-Type'))
    const accepts = decided.find(({ value }) => !/reject$/i.test(value))
    return demandsIn(accepts ? checks.slice(0, checks.indexOf(accepts)) : checks)
  })

/** The comparison of a key purpose with an object identifier. */
export const purpose = (oid: string): RegExp =>
  new RegExp(
    `TLS-Client-Cert-X509v3-Extended-Key-Usage-OID\\[\\*\\] == ["']${oid.replaceAll('.', '\\.')}["']`,
  )

/** Whether something is demanded. A negated comparison holds where the attribute is missing, and any alternative lets others in. */
export const isDemanded = (
  installed: readonly Directive[],
  form: RegExp,
  alternatives: readonly RegExp[] = [form],
): boolean => {
  const isNarrow = (condition: string) =>
    condition.split('||').every((part) => alternatives.some((one) => one.test(part)))
  return demandsOf(installed).every((all) =>
    all.some((one) => form.test(one) && isNarrow(one) && !one.includes('!')),
  )
}

const isRefusal = (value = ''): boolean => /^reject$/i.test(value)

/** Whether each server that looks at certificates refuses by default, and nothing else lets anybody in. */
export const refusesFirst = (installed: readonly Directive[]): boolean => {
  const servers = checkingServers(installed)
  const isCheck = ({ section: [server = '', part] }: Directive) =>
    servers.includes(server) && part === 'authorize'
  // It takes the place of what was decided.
  const isOverruled = assigned(installed, 'Response-Packet-Type').some((value) => /accept$/i.test(value))
  return (
    !isOverruled &&
    servers.every((server) => isRefusal(assigned(checksOf(installed, server), 'Auth-Type')[0])) &&
    (servers.length === 0 ||
      !assigned(
        installed.filter((one) => !isCheck(one)),
        'Auth-Type',
      ).some((value) => /^accept$/i.test(value)))
  )
}
