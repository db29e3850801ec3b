import { stringify } from 'smol-toml'

/** Prints a document as TOML 1.0, which parseToml() reads. */
export const printToml = (document: Readonly<Record<string, unknown>>): string => stringify(document)
