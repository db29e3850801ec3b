/**
 * Quotes a word for a unit file (systemd.syntax(7), systemd.unit(5) on specifiers): one word again, whatever it holds but
 * control characters.
 */
export const unitWord = (text: string): string =>
  `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('%', '%%')}"`

/** Quotes an argument of a command line, where variables of the environment would be put in (systemd.service(5)). */
export const unitArgument = (text: string): string => unitWord(text.replaceAll('$', '$$$$'))
