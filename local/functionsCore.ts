import { randomUUID } from 'node:crypto'
import Module, { createRequire } from 'node:module'
import type {
  CoreInvocationContext,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  RegisteredFunction,
  TriggerInput,
} from './programmingModel.ts'

/** One line that a function, the library or the host logs. */
export interface LogLine {
  readonly level: LogLevel
  readonly category: LogCategory
  readonly message: string
  readonly functionName?: string
  readonly invocationId?: string
}

/** Takes every line, when it is logged. */
export type Log = (line: LogLine) => void

/** Makes the line that a host logs when a function throws. */
export const faultOf = ({ metadata }: RegisteredFunction, error: unknown): LogLine => ({
  level: 'error',
  category: 'system',
  message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  functionName: metadata.name,
})

const coreModuleName = '@azure/functions-core'

/** Matches the names that the host accepts; it compares them without regard to case. */
const acceptableName = /^(?!host$)[a-z][a-z0-9_-]{0,127}$/i

/** Undoes a registration, once. */
interface Registration {
  dispose(): void
}

const registrationOf = (undo: () => void): Registration => {
  let isUndone = false
  return {
    dispose() {
      if (!isUndone) undo()
      isUndone = true
    },
  }
}

/** Everything the functions app registered. Open while the app loads, locked afterwards, as in the real worker. */
export class FunctionRegistry {
  readonly #functions = new Map<string, RegisteredFunction>()
  readonly #hooks: Readonly<Record<HookName, HookCallback[]>> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
  }
  /** Shared by all hooks of the app, from its start on. */
  readonly #appHookData = {}
  readonly #log: Log
  #model: ProgrammingModel | undefined
  #capabilities: Readonly<Record<string, string>> | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /** Sorted by name without regard to case, which is the order in which the host tries their routes. */
  get functions(): readonly RegisteredFunction[] {
    const sorted = [...this.#functions].sort(([a], [b]) => (a < b ? -1 : 1))
    return sorted.map(([, registered]) => registered)
  }

  /** The capabilities that the library asked of the host; undefined until the app is loaded. */
  get capabilities(): Readonly<Record<string, string>> | undefined {
    return this.#capabilities
  }

  /** The exports of `@azure/functions-core` that the library uses, backed by this registry. */
  coreModule(): object {
    return {
      registerFunction: this.#registerFunction.bind(this),
      registerHook: this.#registerHook.bind(this),
      setProgrammingModel: (model: ProgrammingModel) => void (this.#model = model),
      log: (level: LogLevel, category: LogCategory, message: string) =>
        this.#log({ level, category, message }),
    }
  }

  /**
   * Runs the appStart hooks, which may still register functions, and then locks the registry.
   * @throws {Error} when the app registered nothing; and whatever a hook throws.
   */
  async finishLoading(): Promise<void> {
    if (this.#model === undefined) {
      const cause = `was @azure/functions used before ${coreModuleName} was installed?`
      throw new Error(`Cannot finish loading: the app registered no function; ${cause}`)
    }
    await this.#runHooks('appStart', { hookData: {}, appHookData: this.#appHookData })
    this.#capabilities = await this.#model.getCapabilities({})
  }

  /** Runs the appTerminate hooks, as the worker does before it ends. */
  async terminate(): Promise<void> {
    await this.#runHooks('appTerminate', { hookData: {}, appHookData: this.#appHookData })
  }

  /**
   * Runs a function as the worker does: arguments, hooks, the function, hooks, response.
   * @throws whatever the function or a hook throws, unless a postInvocation hook clears the function's error.
   */
  async invoke({ metadata, callback }: RegisteredFunction, input: TriggerInput): Promise<InvocationResponse> {
    if (this.#model === undefined) throw new Error('Cannot invoke a function: none was loaded')
    const core = this.#invocationContext(metadata, input)
    const model = await this.#model.getInvocationModel(core)
    const { context, inputs } = await model.getArguments()
    const shared = { hookData: {}, appHookData: this.#appHookData, invocationContext: context }

    core.state = 'preInvocationHooks'
    const before = { ...shared, inputs, functionCallback: callback }
    await this.#runHooks('preInvocation', before)

    core.state = 'invocation'
    const after = { ...shared, inputs: before.inputs, result: null as unknown, error: null as unknown }
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback)
    } catch (error) {
      after.error = error
    }

    core.state = 'postInvocationHooks'
    await this.#runHooks('postInvocation', after)
    core.state = undefined
    if (after.error !== null && after.error !== undefined) throw after.error
    return model.getResponse(context, after.result)
  }

  #invocationContext(metadata: FunctionMetadata, input: TriggerInput): CoreInvocationContext {
    const invocationId = randomUUID()
    return {
      invocationId,
      metadata,
      request: { invocationId, functionId: metadata.functionId, inputData: [input], triggerMetadata: {} },
      state: undefined,
      log: (level, category, message) =>
        this.#log({ level, category, message, functionName: metadata.name, invocationId }),
    }
  }

  #registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Registration {
    const { name } = metadata
    this.#refuseWhenLocked(`Cannot register the function "${name}"`)
    if (!acceptableName.test(name)) throw new Error(`Cannot register "${name}": the host refuses that name`)
    const key = name.toUpperCase()
    if (this.#functions.has(key)) throw new Error(`Cannot register "${name}": the name is already registered`)
    this.#functions.set(key, { metadata: { functionId: name, ...metadata }, callback })
    return registrationOf(() => {
      this.#refuseWhenLocked(`Cannot remove the function "${name}"`)
      this.#functions.delete(key)
    })
  }

  #registerHook(name: HookName, callback: HookCallback): Registration {
    if (!Object.hasOwn(this.#hooks, name))
      throw new RangeError(`Cannot register the hook "${name}": it is never run here`)
    const callbacks = this.#hooks[name]
    callbacks.push(callback)
    return registrationOf(() => void callbacks.splice(callbacks.indexOf(callback), 1))
  }

  /** Runs hooks in the order of their registration; what one throws keeps the later ones from running. */
  async #runHooks(name: HookName, context: object): Promise<void> {
    for (const callback of this.#hooks[name]) await callback(context)
  }

  #refuseWhenLocked(action: string): void {
    if (this.#capabilities !== undefined) throw new Error(`${action}: the app has already been loaded`)
  }
}

/** The supplied module: what is registered through it, and how to take it away. */
export interface FunctionsCore {
  readonly registry: FunctionRegistry
  /** Takes the module away again; a library that already read it keeps working on this registry. */
  readonly uninstall: () => void
}

const isCoreSupplied = (): boolean => {
  try {
    return createRequire(import.meta.url)(coreModuleName) !== undefined
  } catch {
    return false
  }
}

/**
 * Supplies the module `@azure/functions-core`, which exists only inside the real worker, to every `require` of this
 * process. The library reads it once, when the app first registers something, so this comes before the app is loaded.
 * @throws {Error} when the process already supplies it.
 */
export const installFunctionsCore = ({ log }: { readonly log: Log }): FunctionsCore => {
  if (isCoreSupplied()) throw new Error(`Cannot install ${coreModuleName}: this process already supplies it`)
  const registry = new FunctionRegistry(log)
  const core = registry.coreModule()
  // oxlint-disable-next-line typescript/unbound-method -- called with the right `this` below
  const original = Module.prototype.require
  let installed = true
  // The real worker intercepts the same method, and it serves CommonJS packages and createRequire() alike.
  const intercept = function (this: Module, id: string): unknown {
    return installed && id === coreModuleName ? core : original.call(this, id)
  }
  Module.prototype.require = intercept
  const uninstall = (): void => {
    installed = false
    // Somebody else may have wrapped it since: then the disarmed wrapper stays in the chain.
    if (Module.prototype.require === intercept) Module.prototype.require = original
  }
  return { registry, uninstall }
}
