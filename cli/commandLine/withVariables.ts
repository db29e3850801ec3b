import { optionName, type Options } from './option.ts'

/** The variable of the environment that stands in for an option without one of its own: MAYFLY_ON_RENEW for `--on-renew`. */
const variableOf = (member: string): string =>
  `MAYFLY_${optionName(member).replaceAll('-', '_').toUpperCase()}`

/**
 * Gives every option of a command a variable of the environment that stands in for it: services and scheduled tasks are
 * configured by these.
 */
export const withVariables = <Own extends Options>(options: Own): Own =>
  Object.fromEntries(
    Object.entries(options).map(([member, option]) => [
      member,
      { ...option, variable: option.variable ?? variableOf(member) },
    ]),
  ) as unknown as Own
