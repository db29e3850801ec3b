import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a linter says against a certificate: the name of its own rule, or why it could not read the certificate. */
export type Finding = string

/** A linter of certificates that others wrote. */
export interface Linter {
  readonly name: string
  /** The environment variable with its path, for a machine where it is not on the PATH. */
  readonly variable: string
  readonly program: string
  readonly arguments: readonly string[]
  /** Reads its report; throws when it is none. */
  readonly findings: (report: string) => readonly Finding[]
}

interface ZlintResult {
  readonly result: string
}

interface PkilintReport {
  readonly results: readonly {
    readonly finding_descriptions: readonly { readonly code: string }[]
  }[]
}

/** Of the sources that zlint has, those whose rules are for TLS servers, mail and qualified certificates. */
const foreignSources = ['CABF_BR', 'CABF_EV', 'CABF_SMIME_BR', 'ETSI_ESI', 'Mozilla', 'Apple']

/** The linters that the cross-check knows. */
export const linters: readonly Linter[] = [
  {
    name: 'zlint',
    variable: 'MAYFLY_ZLINT',
    program: 'zlint',
    arguments: ['-format', 'der', '-excludeSources', foreignSources.join(',')],
    findings: (report) => {
      const results = Object.entries(JSON.parse(report) as Record<string, ZlintResult>)
      if (results.length < 100) throw new Error(`zlint has run ${results.length} rules only.`)
      return results.filter(([, { result }]) => !['pass', 'NA', 'NE'].includes(result)).map(([rule]) => rule)
    },
  },
  {
    name: 'pkilint',
    variable: 'MAYFLY_PKILINT',
    program: 'lint_pkix_cert',
    arguments: ['lint', '--severity', 'INFO', '--format', 'JSON', '--document-format', 'DER'],
    findings: (report) => {
      const { results } = JSON.parse(report) as PkilintReport
      return results.flatMap((each) => each.finding_descriptions.map(({ code }) => code))
    },
  },
]

/** The path of a linter on this machine; undefined when it is not here. A path somebody named has to be right. */
export const pathOf = ({ variable, program }: Linter): string | undefined => {
  const named = process.env[variable]
  if (named) return named
  const { error } = spawnSync(program, ['-h'], { stdio: 'ignore' })
  return error ? undefined : program
}

/** Both linters tell by their exit status, too, whether they found something. */
const reportOf = (error: unknown): { readonly stdout: string; readonly stderr: string } => {
  const ended = error instanceof Error && 'code' in error && typeof error.code === 'number'
  if (ended && 'stdout' in error && 'stderr' in error) {
    return { stdout: String(error.stdout), stderr: String(error.stderr) }
  }
  throw error
}

/** Runs a linter on one DER certificate. */
export const lintWith = async (linter: Linter, path: string, file: string): Promise<readonly Finding[]> => {
  const { stdout, stderr } = await run(path, [...linter.arguments, file]).catch(reportOf)
  try {
    return linter.findings(stdout).toSorted()
  } catch (error) {
    throw new Error(`${linter.name} gave no report: ${stderr || stdout}`, { cause: error })
  }
}
