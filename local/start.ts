import { join, relative, resolve } from 'node:path'
import { type Deployment, localDeploymentFile } from '../lib/deployment/deployment.ts'
import { writeAside, writeResult } from '../lib/terminal/writeResult.ts'
import { exemptLoopback } from '../client/proxyFor.ts'
import { demonstrate, demonstrated } from './demonstrate.ts'
import { demoTenantId, woodgroveTenantId } from './demoTenants.ts'
import type { LogLine } from './functionsCore.ts'
import { type LocalOptions, parseLocalOptions, usage } from './localOptions.ts'
import { type Stack, startStack } from './stack.ts'

/** A pipe that nobody reads any more, or a terminal that was closed, stops nothing. */
const say = (text: string): Promise<void> =>
  writeResult(`${text}\n`).catch((error: unknown) => {
    if (!['EPIPE', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  })

/**
 * Requests leave structured lines on standard error, from when the demo is over; the library is heard only when it has
 * trouble.
 */
const logTo =
  (isHeard: () => boolean) =>
  ({ category, level, message }: LogLine): void => {
    const isTrouble = level === 'warning' || level === 'error' || level === 'critical'
    if (isTrouble || (category === 'user' && isHeard())) writeAside(`${message}\n`)
  }

const summary = (stack: Stack, folder: string): string => {
  const { deployment, functions, tablesPort, vaultUrl, directory, isNew } = stack
  const { service, tokenIssuer } = deployment
  const https = service.caFile === undefined ? '' : `\n  https         trust ${relative('.', service.caFile)}`
  const keys = deployment.keys.vault ? 'keys in a stand-in for Key Vault' : 'local keys'
  const vault =
    vaultUrl === undefined ? '' : `\n  key vault     ${vaultUrl}  (a stand-in: its keys are files)`
  return `Mayfly runs on this machine, with demo tokens and ${keys}.

  service       ${service.url}  (${functions.length} functions)${https}
  token issuer  ${tokenIssuer?.url}  (a demo: its tokens prove nothing)
  tables        Azurite at http://127.0.0.1:${tablesPort}${vault}
  directory     ${directory.url}  (a stand-in: ${relative('.', directory.recordsFile)} has its devices)
  tenants       ${demoTenantId} and ${woodgroveTenantId}, root and issuer ${isNew ? 'made now' : 'kept'}
  data          ${relative('.', folder)}
`
}

const nextSteps = ({ service }: Deployment, folder: string): string => {
  const file = relative('.', join(folder, 'local.json'))
  const mayfly = 'npx --no mayfly'
  const named = file === localDeploymentFile ? '' : ` --deployment ${file}`
  const trust = service.caFile === undefined ? '' : ` --cacert ${relative('.', service.caFile)}`
  return `
Try it in another terminal, in this folder:

  ${mayfly} demo token${named} > ada.jwt
  ${mayfly} enroll${named} --tenant ${demoTenantId} --token-file ada.jwt --out ada
  ${mayfly} demo token${named} --user bob@contoso.example --non-compliant > bob.jwt
  ${mayfly} enroll${named} --tenant ${demoTenantId} --token-file bob.jwt --out bob
  ${mayfly} policy list${named} --tenant ${demoTenantId}
  curl${trust} ${service.url}/v1/${demoTenantId}/trust.pem

Tokens about the device, for the tenant whose compliance policies want them:

  ${mayfly} demo token${named} --user ada@woodgrove.example > woodgrove.jwt
  ${mayfly} demo posture${named} > woodgrove.posture
  ${mayfly} enroll${named} --tenant ${woodgroveTenantId} --token-file woodgrove.jwt --posture-file woodgrove.posture \\
    --attestation-command '${mayfly} demo attestation${named}' --out woodgrove

Ctrl-C stops everything; the next start keeps tenants, roots and ledger.`
}

const run = async (options: LocalOptions, stops: (() => Promise<void>)[]): Promise<Stack> => {
  let isDemoOver = false
  const log = logTo(() => isDemoOver)
  const stack = await startStack(options, log, (stop) => stops.push(stop))
  await say(summary(stack, options.folder))
  for (const user of demonstrated) await say(await demonstrate(stack.deployment, user))
  await say(nextSteps(stack.deployment, options.folder))
  isDemoOver = true
  return stack
}

/** Further signals are ignored: stopping is bounded, and cutting it short would lose rows that Azurite holds in memory. */
const nextSignal = (): Promise<'signal'> =>
  new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done('signal'))
  })

/** Stops what was started last first; what cannot be stopped keeps nothing else from it, Azurite least of all. */
const stopAll = async (stops: readonly (() => Promise<void>)[]): Promise<void> => {
  for (const stop of stops.toReversed()) {
    await stop().catch((error: unknown) => writeAside(`${String(error)}\n`))
  }
}

const main = async (): Promise<void> => {
  const options = parseLocalOptions(process.argv.slice(2))
  if (!options) return await say(usage)
  const stops: (() => Promise<void>)[] = []
  const signal = nextSignal()
  try {
    const { azuriteEnded } = await run({ ...options, folder: resolve(options.folder) }, stops)
    const reason = await Promise.race([signal, azuriteEnded.then(() => 'azurite' as const)])
    if (reason === 'azurite')
      throw new Error('Azurite ended by itself: the tables are gone until the next start.')
    await say('Stopping ...')
  } finally {
    await stopAll(stops)
  }
}

exemptLoopback(process.env)
try {
  await main()
  process.exit(0)
} catch (error) {
  writeAside(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
