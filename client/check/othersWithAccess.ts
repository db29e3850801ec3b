import { jsonMember } from '../../lib/json/parseJson.ts'
import { askPowerShell, powerShellScript } from '../askPowerShell.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'

/** Groups to which anybody on a machine of Windows belongs, by the SID or what SDDL abbreviates it to. */
const groups: Readonly<Record<string, string>> = {
  WD: 'Everyone',
  'S-1-1-0': 'Everyone',
  BU: 'Users',
  'S-1-5-32-545': 'Users',
  BG: 'Guests',
  'S-1-5-32-546': 'Guests',
  AU: 'Authenticated Users',
  'S-1-5-11': 'Authenticated Users',
  IU: 'Interactive',
  'S-1-5-4': 'Interactive',
  AN: 'Anonymous',
  'S-1-5-7': 'Anonymous',
  NU: 'Network',
  'S-1-5-2': 'Network',
  'S-1-5-15': 'This Organization',
  DU: 'Domain Users',
  DG: 'Domain Guests',
}

/** The same groups of a domain or a machine, by the end of their SID. */
const ends: Readonly<Record<string, string>> = { '513': 'Domain Users', '514': 'Domain Guests' }

const groupOf = (who: string): string | undefined => {
  const [, end = ''] = /^S-1-5-21-(?:\d+-){3}(\d+)$/.exec(who) ?? []
  return groups[who] ?? ends[end]
}

/** An entry that allows: its type, flags, rights, two GUIDs, and whom ([MS-DTYP] 2.5.1.1). Lists for audits have none. */
const allowed = /\(X?A;(?:[^;()]*;){4}([^;()]+)/g

/**
 * Lists the groups of everybody whom an access control list, in SDDL, lets do anything. Where there is no list, everybody may do
 * everything; one without entries lets nobody in.
 */
export const groupsIn = (sddl: string): readonly string[] => {
  const [, list] = /D:(.*)$/s.exec(sddl) ?? []
  if (list === undefined || /^[A-Z_]*NO_ACCESS_CONTROL/.test(list)) return ['Everyone']
  const names = [...list.matchAll(allowed)].flatMap(([, who = '']) => groupOf(who) ?? [])
  return [...new Set(names)]
}

/** Tells the access control list of the folder in `$given`, as SDDL. */
export const accessScript = powerShellScript('@{ sddl = (Get-Acl -LiteralPath $given.folder).Sddl }')

/**
 * Asks Windows who but its owner has access to a folder.
 * @returns names of groups.
 * @throws {Error} where Windows does not tell
 */
export const othersWithAccess = async (
  folder: string,
  { environment }: KeyMachine,
): Promise<readonly string[]> => {
  const sddl = jsonMember(await askPowerShell(accessScript, { folder }, environment), 'sddl')
  if (typeof sddl !== 'string') throw new Error('PowerShell tells no access control list')
  return groupsIn(sddl)
}
