import type { FunctionRegistry } from './functionsCore.ts'
import { parseRoutes } from './resolveRoute.ts'

/** A function as the build asserts it; without HTTP trigger it has no methods, route and authLevel. */
export interface LoadedFunction {
  readonly name: string
  /** Upper case, sorted. */
  readonly methods: readonly string[]
  /** Without outer slashes. */
  readonly route: string | undefined
  readonly authLevel: string | undefined
}

/**
 * Imports the app's entry module, runs its appStart hooks and locks the registry.
 * @returns the functions, sorted by name without regard to case.
 * @throws {Error} when the registry is already loaded, the module throws, or it registers nothing.
 */
export const loadFunctions = async (
  registry: FunctionRegistry,
  entryUrl: string | URL,
): Promise<readonly LoadedFunction[]> => {
  const entry = String(entryUrl)
  if (registry.capabilities) throw new Error(`Cannot load ${entry}: the registry is already loaded`)
  await import(/* @vite-ignore */ entry)
  await registry.finishLoading()
  const routes = parseRoutes(registry.functions)
  return registry.functions.map(({ metadata: { name } }) => {
    const route = routes.find(({ registered }) => registered.metadata.name === name)
    const methods = [...(route?.methods ?? [])].sort()
    return { name, methods, route: route?.template, authLevel: route?.authLevel }
  })
}
