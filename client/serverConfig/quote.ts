/** Formats whose quoted texts have backslashes before quotes and backslashes. */
const inDoubleQuotes = (text: string): string => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`

/** Quotes a value for a format. */
export const quote = {
  /** swanctl.conf, where # would begin a comment. */
  swanctl: inDoubleQuotes,
  /** A word of an OpenVPN configuration. */
  openVpn: inDoubleQuotes,
  /** A parameter of nginx. What has a $ is a variable: checkSettings() lets none through. */
  nginx: inDoubleQuotes,
  /** A value of FreeRADIUS. `${` and `%{` would expand in it: checkSettings() lets none through. */
  radius: inDoubleQuotes,
  /** A word of a POSIX shell. */
  shell: (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`,
  /** A basic string of TOML 1.0. */
  toml: (text: string): string => JSON.stringify(text),
} as const
