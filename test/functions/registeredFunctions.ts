import { installFunctionsCore } from '../../local/functionsCore.ts'
import { loadFunctions } from '../../local/loadFunctions.ts'

// Prints the functions that the app registers with the settings of this process.
const { registry } = installFunctionsCore({ log: () => undefined })
const functions = await loadFunctions(registry, new URL('../../functions/main.ts', import.meta.url))
const bindings = registry.functions.map(({ metadata }) => metadata)
process.stdout.write(JSON.stringify({ names: functions.map(({ name }) => name), bindings }))
