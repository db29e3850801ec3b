import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { profileScript } from '../../../../../client/vpnProfile/windows/place/profileScript.ts'
import type { ScriptRequest } from '../../../../../client/vpnProfile/windows/place/scriptRequest.ts'

/** Something that goes wrong at a call: before it was done, after it, or because the script is killed then. */
export interface Plant {
  readonly call: string
  readonly how: 'fails' | 'persists' | 'dies'
  /** At each such call; else at the first alone. */
  readonly isLasting?: boolean
}

/** One run of the script. */
interface Run {
  readonly request: ScriptRequest
  /** Of the user for whom it is run. */
  readonly sid?: string
  readonly plants?: readonly Plant[]
  /** What Windows tells otherwise than it was told. */
  readonly alters?: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  readonly stops?: boolean
  /** As administrators run it: with the request in a file, or in the script. */
  readonly by?: 'file' | 'itself'
}

/** A machine, and what is run on it. */
export interface Case {
  readonly before?: readonly (
    | { readonly request: ScriptRequest }
    | { readonly by: 'hand'; readonly name: string }
  )[]
  readonly book?: string
  readonly runs: readonly Run[]
  readonly interfaces?: readonly { readonly InterfaceAlias: string; readonly ConnectionState: number }[]
  readonly routes?: readonly { readonly DestinationPrefix: string; readonly NextHop: string }[]
  readonly status?: string
  readonly isBlind?: boolean
  readonly isEscaped?: boolean
  readonly whoami?: string
}

/** What came of a run. */
export interface Ran {
  readonly answer: unknown
  readonly failed: string | null
  readonly calls: readonly string[]
  readonly left: {
    readonly profiles: readonly { readonly name: string; readonly xml: string | null }[]
    readonly hasJournal: boolean
    readonly tasks: readonly { readonly Source: string; readonly Does: string }[]
    readonly book: string
    readonly users: readonly string[]
  }
  readonly line?: readonly string[]
  readonly exitCode?: number
}

/** Runs cases in one process of PowerShell, in a folder of theirs. */
export const runOnWindows = async (world: string, cases: readonly Case[]): Promise<readonly Ran[][]> => {
  await mkdir(world, { recursive: true })
  await writeFile(join(world, 'Set-VpnProfile.ps1'), profileScript())
  const own = cases.flatMap(({ runs }) => runs).find(({ by }) => by === 'itself')
  await writeFile(join(world, 'Own.ps1'), profileScript(own?.request))
  const script = await readFile(join(import.meta.dirname, 'windowsProfiles.ps1'), 'utf8')
  const input = JSON.stringify({ world, cases })
  const { stdout, stderr } = spawnSync('pwsh', ['-NoProfile', '-Command', script], {
    input,
    maxBuffer: 64 * 1024 * 1024,
  })
  const told = stdout.toString().trimEnd().split('\n').at(-1) ?? ''
  if (!told.startsWith('{"results')) throw new Error(`${stdout.toString()}${stderr.toString()}`)
  return (JSON.parse(told) as { readonly results: { readonly runs: Ran[] }[] }).results.map(
    ({ runs }) => runs,
  )
}
