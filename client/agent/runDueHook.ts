import { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentState } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'
import type { CredentialSpec } from './credentialSpec.ts'
import { type HookFacts, runHook } from './hook.ts'

type DueHook = NonNullable<AgentState['hookDue']>

const variable = (name: string): `MAYFLY_${string}` =>
  `MAYFLY_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** Names facts as the environment of a hook does: `notAfter` is MAYFLY_NOT_AFTER. */
const hookFacts = ({ folder, tenant, files }: CredentialSpec, { hook, facts }: DueHook): HookFacts => ({
  MAYFLY_EVENT: hook === 'renew' ? 'renewed' : 'refused',
  MAYFLY_TENANT: tenant,
  MAYFLY_FOLDER: folder,
  ...Object.fromEntries(Object.entries(files).map(([name, file]) => [`${variable(name)}_FILE`, file])),
  ...Object.fromEntries(Object.entries(facts).map(([name, fact]) => [variable(name), fact])),
})

const failureOf = async (
  spec: CredentialSpec,
  due: DueHook,
  { world, signal }: { readonly world: AgentWorld; readonly signal: AbortSignal },
): Promise<string | undefined> => {
  const file = due.hook === 'renew' ? spec.onRenew : spec.onRefused
  // The configuration may have changed since.
  if (file === undefined) return undefined
  try {
    return await runHook({ file, facts: hookFacts(spec, due), subject: spec.folder }, world, signal)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    world.report({
      kind: 'hook-failed',
      level: 'error',
      subject: spec.folder,
      text: error.detail,
      facts: { hook: file },
    })
    return error.detail
  }
}

/** Runs the hook that a state says is due, and remembers whether it is still. @returns whether it is */
export const runDueHook = async (
  spec: CredentialSpec,
  state: AgentState,
  running: { readonly world: AgentWorld; readonly signal: AbortSignal },
): Promise<boolean> => {
  const { hookDue } = state
  if (!hookDue || running.signal.aborted) return false
  const hookError = await failureOf(spec, hookDue, running)
  if (running.signal.aborted) return true
  const isDue = hookError !== undefined
  // Another process may have got a certificate meanwhile, whose hook is due then.
  const latest = await spec.state.read()
  if (JSON.stringify(latest.hookDue) === JSON.stringify(hookDue))
    await spec.state.write({ ...latest, hookDue: isDue ? hookDue : undefined, hookError })
  return isDue
}
