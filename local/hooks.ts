import type { HookCallback, HookName } from './programmingModel.ts'

/** The hooks of one functions app. Those of a name run one after another, in the order of their registration. */
export interface Hooks {
  /** What all hooks of the app share, from its start on. */
  readonly appHookData: object
  /**
   * Registers a hook.
   * @returns what removes it again; to be called once.
   * @throws {RangeError} for a name that is never run.
   */
  add(name: HookName, callback: HookCallback): () => void
  /** Runs the hooks of a name; what one throws keeps the later ones from running. */
  run(name: HookName, context: object): Promise<void>
}

/** Makes an empty set of hooks. */
export const makeHooks = (): Hooks => {
  const hooks = new Map<HookName, HookCallback[]>([
    ['appStart', []],
    ['appTerminate', []],
    ['preInvocation', []],
    ['postInvocation', []],
  ])
  return {
    appHookData: {},
    add(name, callback) {
      const callbacks = hooks.get(name)
      if (!callbacks) throw new RangeError(`Cannot register the hook "${name}": it is never run here`)
      callbacks.push(callback)
      return () => void callbacks.splice(callbacks.indexOf(callback), 1)
    },
    async run(name, context) {
      for (const callback of hooks.get(name) ?? []) await callback(context)
    },
  }
}
