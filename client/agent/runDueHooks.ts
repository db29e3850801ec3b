import { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentState, DueHook } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'
import type { CredentialSpec } from './credentialSpec.ts'
import { type HookFacts, runHook } from './hook.ts'

interface Running {
  readonly world: AgentWorld
  readonly signal: AbortSignal
}

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

/** The state of a certificate of which its hook has heard nothing yet. */
export const withRenewHook = (
  { onRenew }: Pick<CredentialSpec, 'onRenew'>,
  state: AgentState,
): AgentState => {
  if (onRenew === undefined) return state
  const { serialNumber = '', notBefore = '', notAfter = '' } = state
  return { ...state, hooksDue: [{ hook: 'renew', facts: { serialNumber, notBefore, notAfter } }] }
}

const failureOf = async (
  spec: CredentialSpec,
  due: DueHook,
  { world, signal }: Running,
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

const isSame = (one: DueHook, other: DueHook): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Remembers how a hook ended, unless it is about a certificate or a refusal that is over by now. */
const remember = (
  spec: CredentialSpec,
  due: DueHook,
  { hookError, signal }: Pick<AgentState, 'hookError'> & Pick<Running, 'signal'>,
) =>
  spec.exclusively(async () => {
    const latest = await spec.state.read()
    const dues = latest.hooksDue ?? []
    if (!dues.some((one) => isSame(one, due))) return
    const hooksDue = hookError === undefined ? dues.filter((one) => !isSame(one, due)) : dues
    await spec.state.write({ ...latest, hooksDue, hookError })
  }, signal)

/**
 * Runs the hooks that a state says are due, and remembers which are still.
 * @returns whether one is.
 * @throws {Refusal} `folder-busy`: then what ran runs again
 */
export const runDueHooks = async (
  spec: CredentialSpec,
  { hooksDue = [] }: AgentState,
  running: Running,
): Promise<boolean> => {
  const { signal } = running
  let isDue = false
  for (const due of hooksDue) {
    if (signal.aborted) return isDue
    const hookError = await failureOf(spec, due, running)
    if (signal.aborted) return true
    await remember(spec, due, { hookError, signal })
    isDue ||= hookError !== undefined
  }
  return isDue
}
