import { parse, TomlError } from 'smol-toml'
import type { ConfigurationFault } from './configurationFault.ts'

/** The first sentence alone: the rest quotes the file. */
const syntaxFault = ({ line, column, message }: TomlError): ConfigurationFault => {
  const [, why = 'is no TOML'] = /^Invalid TOML document: (.*)/.exec(message) ?? []
  return { line, path: `column ${column}`, reason: why.toLowerCase() }
}

/** What a text of TOML 1.0 comes to. */
export type ParsedToml =
  | { readonly kind: 'document'; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: 'fault'; readonly fault: ConfigurationFault }

/** Parses a text of TOML, and tells where it is none. */
export const parseToml = (text: string): ParsedToml => {
  try {
    return { kind: 'document', document: parse(text) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return { kind: 'fault', fault: syntaxFault(error) }
  }
}
