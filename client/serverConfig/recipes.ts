import { freeRadiusRecipe } from './freeRadiusRecipe.ts'
import { nginxRecipe } from './nginxRecipe.ts'
import { npsRecipe } from './npsRecipe.ts'
import { ocservRecipe } from './ocservRecipe.ts'
import { openVpnRecipe } from './openVpnRecipe.ts'
import type { MakeRecipe } from './recipe.ts'
import { rrasRecipe } from './rrasRecipe.ts'
import { strongSwanRecipes } from './strongSwanRecipes.ts'

/** The servers that a configuration can be written for, as the command line calls them. */
export const recipes = {
  ...strongSwanRecipes,
  openvpn: openVpnRecipe,
  freeradius: freeRadiusRecipe,
  ocserv: ocservRecipe,
  nginx: nginxRecipe,
  nps: npsRecipe,
  rras: rrasRecipe,
} as const satisfies Readonly<Record<string, MakeRecipe>>

/** One of them. */
export type ServerKind = keyof typeof recipes

/** Lists them. */
export const serverKinds = Object.keys(recipes) as readonly ServerKind[]
