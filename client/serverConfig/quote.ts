/** Formats whose quoted texts have backslashes before quotes and backslashes. */
const inDoubleQuotes = (text: string): string => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`

/** A piece of a text for PowerShell: printable ASCII between quotes, anything else by its number. */
const piece = (text: string): string =>
  /^[ -~]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `[char]0x${text.charCodeAt(0).toString(16)}`

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
  /**
   * An expression of PowerShell. Five characters end a text of single quotes there, and Windows PowerShell reads a file without a
   * mark in the code page of the machine: what is not ASCII, or a control character, is written by its number.
   */
  powerShell: (text: string): string => {
    const [first = "''", ...rest] = (text.match(/[ -~]+|[^]/g) ?? []).map(piece)
    const whole = [first.startsWith('[') ? `'' + ${first}` : first, ...rest].join(' + ')
    return whole.includes(' + ') ? `(${whole})` : whole
  },
  /** A basic string of TOML 1.0. */
  toml: (text: string): string => JSON.stringify(text),
} as const
