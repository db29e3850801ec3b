/**
 * Quotes an argument so that CommandLineToArgvW, and the C runtime, read it back: backslashes count double where a quotation
 * mark follows.
 */
export const windowsArgument = (text: string): string =>
  /[\s"]/.test(text) || text === ''
    ? `"${text.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/\\+$/, '$&$&')}"`
    : text
