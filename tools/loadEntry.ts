import { pathToFileURL } from 'node:url'
import { installFunctionsCore } from '../local/functionsCore.ts'
import { loadFunctions } from '../local/loadFunctions.ts'

// Loads the entry that the first argument names as the Functions worker does, and prints what it registers as JSON.
const { registry } = installFunctionsCore({ log: () => undefined })
const startedAt = performance.now()
const functions = await loadFunctions(registry, pathToFileURL(process.argv[2] ?? ''))
const milliseconds = Math.round(performance.now() - startedAt)
// What the app holds open must not keep the process.
process.stdout.write(`${JSON.stringify({ functions, milliseconds })}\n`, () => process.exit())
