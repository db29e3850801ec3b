import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'

/** The part of Microsoft's parser that is used. It is made from C#, and lists are as there. */
interface Kusto {
  readonly KustoCode: {
    ParseAndAnalyze(query: string, globals: object): Code
  }
  readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } }
  readonly Symbols: {
    readonly TableSymbol: { From(schema: string): { WithName(name: string): object } }
    readonly DatabaseSymbol: { readonly ctor: new (name: string, tables: readonly object[]) => object }
  }
}

interface Diagnostic {
  readonly Severity: string
  readonly Message: string
}

interface Code {
  GetDiagnostics(): { readonly Count: number; getItem(index: number): Diagnostic }
}

const load = (): Kusto => {
  const { resolve } = createRequire(import.meta.url)
  // Scripts for a browser: each leaves what it has in the global object.
  for (const name of ['bridge', 'Kusto.Language.Bridge'])
    runInThisContext(readFileSync(resolve(`@kusto/language-service-next/${name}.min.js`), 'utf8'))
  return (globalThis as unknown as { readonly Kusto: { readonly Language: Kusto } }).Kusto.Language
}

const kusto = load()

/** Tells of errors alone: that a table of a fuzzy union is absent is a warning, and is what such a union is for. */
const faultsOf = (code: Code): readonly string[] => {
  const found = code.GetDiagnostics()
  return Array.from({ length: found.Count }, (_, index) => found.getItem(index))
    .filter(({ Severity }) => Severity === 'Error')
    .map(({ Message }) => Message)
}

/** Tells what is wrong with a query where there are these tables: names, types and grammar. @param tables schema by name. */
export const queryFaults = (query: string, tables: Readonly<Record<string, string>>): readonly string[] => {
  const { TableSymbol, DatabaseSymbol } = kusto.Symbols
  const symbols = Object.entries(tables).map(([name, schema]) =>
    TableSymbol.From(`(${schema})`).WithName(name),
  )
  const globals = kusto.GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor('workspace', symbols))
  return faultsOf(kusto.KustoCode.ParseAndAnalyze(query, globals))
}
