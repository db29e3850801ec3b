import { type Directive, valuesOf } from './directive.ts'

/** The section that tells by the issuer whether it is one of the bundle. */
export const map = /(^|\/)map \$ssl_client_i_dn \$\w+$/

/** The variable that tells whether an issuer is one of the bundle; undefined when there is no such map. */
const variableOf = (installed: readonly Directive[]): string | undefined =>
  installed
    .map(({ section }) => section.at(-1) ?? '')
    .find((header) => map.test(header))
    ?.split(' ')
    .at(-1)

/** The server that a setting is in, by its number; undefined outside of servers. */
export const serverOf = ({ section, blocks }: Directive): number | undefined =>
  blocks?.[section.indexOf('server')]

/** Whether nginx goes on with no other line of its module for rewriting, such as the `if` with the variable. */
const isLast = ({ name, value }: Directive): boolean =>
  name === 'break' || (name === 'rewrite' && /\b(last|break)["']?$/.test(value))

/**
 * Whether a server asks for the variable, as server-config does, for all that it serves, and first: everything is refused but what
 * has 1.
 */
export const isAsked = (installed: readonly Directive[], server: number): boolean => {
  const variable = variableOf(installed)
  const conditions = [`if (${variable} = 0)`, `if (${variable} != 1)`]
  const isWithin = (one: Directive) => {
    const of = serverOf(one)
    return of === undefined || (of === server && !one.section.some((header) => /^location\b/.test(header)))
  }
  const last = installed.findIndex((one) => isLast(one) && isWithin(one))
  return (last === -1 ? installed : installed.slice(0, last)).some((one) => {
    const [outer, header = ''] = one.section.slice(-2)
    const isCondition = outer === 'server' && conditions.includes(header.replaceAll(/["']/g, ''))
    return serverOf(one) === server && isCondition && one.name === 'return' && /^4\d\d\b/.test(one.value)
  })
}

/** Whether something else gives the variable a value. */
export const isGivenAgain = (installed: readonly Directive[]): boolean => {
  const variable = variableOf(installed)
  if (variable === undefined) return false
  const headers = new Set(installed.flatMap(({ section }) => section))
  return (
    [...headers].some((header) => header.split(' ').at(-1) === variable && !map.test(header)) ||
    installed.some(({ name, value }) => /set/.test(name) && value.split(' ')[0] === variable)
  )
}

/**
 * Whether a page takes the place of a refusal: a named location asks for no variable, and pages for a certificate that failed take
 * the place of all.
 */
export const isAnswered = (installed: readonly Directive[]): boolean => {
  const inConditions = installed.filter(({ section }) => section.at(-1)?.startsWith('if ('))
  const refusals = valuesOf(inConditions, 'return').map((value) => value.slice(0, 3))
  return valuesOf(installed, 'error_page').some((value) => {
    const words = value.split(' ')
    const taken = (words.at(-1) ?? '').startsWith('@') ? ['495', '496', ...refusals] : ['495', '496']
    return words.some((word) => taken.includes(word))
  })
}

/** Lists the servers, by their numbers. */
export const serversOf = (installed: readonly Directive[]): readonly number[] => [
  ...new Set(installed.flatMap((one) => serverOf(one) ?? [])),
]

/** The servers whose clients show certificates: by a setting of theirs, or of all. */
export const verifyingServers = (installed: readonly Directive[]): readonly number[] => {
  const servers = serversOf(installed)
  const verifying = installed.filter(({ name }) => name === 'ssl_verify_client').map(serverOf)
  return verifying.includes(undefined) ? servers : servers.filter((server) => verifying.includes(server))
}

/** Where a server listens, in one spelling. */
export const listensOf = (installed: readonly Directive[], server: number): readonly string[] => {
  const told = valuesOf(
    installed.filter((one) => serverOf(one) === server),
    'listen',
  )
  const addresses = told.length === 0 ? ['80'] : told.map((value) => value.split(' ')[0] ?? '')
  return addresses.map((address) => address.replace(/^(0\.0\.0\.0:|\*:)?(?=\d+$)/, '*:'))
}
