import { npsRecipe } from '../npsRecipe.ts'
import type { MakeRecipe } from '../recipe.ts'
import { rrasRecipe } from '../rrasRecipe.ts'
import type { Rule } from './rule.ts'

const linesOf = (text: string): string => text.replaceAll('\r', '').trim()

const settingsRule = (makeRecipe: MakeRecipe): Rule => ({
  finding: 'Settings.ps1 is not what it should be now',
  why: 'the scripts hold this server to another marker, lifetime, policy or folder.',
  remedy: 'Take the one that server-config prints, and run Set-Server.ps1.',
  isBroken: ([found], { settings }) => {
    const wanted = makeRecipe(settings).files.find(({ kind }) => kind === 'configuration')
    return linesOf(found?.value ?? '') !== linesOf(wanted?.content ?? '')
  },
})

/** What the files of servers of Windows are held to; what Windows itself is held to, Test-Server.ps1 knows. */
export const windowsRules = { nps: [settingsRule(npsRecipe)], rras: [settingsRule(rrasRecipe)] } as const
