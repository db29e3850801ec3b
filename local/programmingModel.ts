/** How grave a logged line is, in the words of the worker. */
export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'

/** Who logs a line: the functions, the worker and its library, or a metric. */
export type LogCategory = 'user' | 'system' | 'customMetric'

/** One binding of a function; an HTTP trigger has a route, methods and a level, a timer a schedule. */
export interface Binding {
  readonly type: string
  readonly route?: string
  readonly methods?: readonly string[]
  readonly authLevel?: string
  /** NCRONTAB: six fields, seconds first, UTC. */
  readonly schedule?: string
}

/** A function as its app describes it; the bindings are by name. */
export interface FunctionMetadata {
  readonly name: string
  readonly functionId?: string
  readonly bindings: Readonly<Record<string, Binding>>
}

/** The function itself, called with the inputs and then the context. */
export type FunctionCallback = (...inputs: readonly unknown[]) => unknown

/** A function as the app registered it. */
export interface RegisteredFunction {
  readonly metadata: FunctionMetadata
  readonly callback: FunctionCallback
}

/** The value for the trigger's binding of that name, in the host's wire shape. */
export interface TriggerInput {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

/** The answer of an HTTP function in the host's wire shape; the status code is in decimal. */
export interface HttpReply {
  readonly statusCode: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly bytes: Uint8Array } | null
}

/** The outcome of an invocation; a function that answers nothing has no HTTP reply. */
export interface InvocationResponse {
  readonly returnValue?: { readonly http?: HttpReply } | null
}

/** When a hook runs. */
export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation'

/** A hook itself, which may change the context that it is called with. */
export type HookCallback = (context: object) => unknown

/** One invocation, for the library; `state` tells it when late log calls are still in order. */
export interface CoreInvocationContext {
  readonly invocationId: string
  readonly metadata: FunctionMetadata
  readonly request: object
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined
  log(level: LogLevel, category: LogCategory, message: string): void
}

/** The part of @azure/functions that serves one invocation: before, during and after the function. */
export interface InvocationModel {
  getArguments(): Promise<{ readonly context: object; readonly inputs: readonly unknown[] }>
  invokeFunction(context: object, inputs: readonly unknown[], callback: FunctionCallback): Promise<unknown>
  getResponse(context: object, result: unknown): Promise<InvocationResponse>
}

/** The part of @azure/functions that converts between the host's wire shapes and handler arguments. */
export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>
  getCapabilities(capabilities: Record<string, string>): Promise<Readonly<Record<string, string>>>
}
