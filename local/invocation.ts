import type { Hooks } from './hooks.ts'
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationResponse,
  ProgrammingModel,
} from './programmingModel.ts'

/** What one invocation runs. */
export interface Invocation {
  readonly programmingModel: ProgrammingModel
  readonly hooks: Hooks
  readonly callback: FunctionCallback
}

/**
 * Runs one invocation as the worker does: arguments, hooks, the function, hooks, response.
 * @throws whatever the function or a hook throws, unless a postInvocation hook clears the function's error.
 */
export const runInvocation = async (
  core: CoreInvocationContext,
  { programmingModel, hooks, callback }: Invocation,
): Promise<InvocationResponse> => {
  const model = await programmingModel.getInvocationModel(core)
  const { context, inputs } = await model.getArguments()
  const shared = { hookData: {}, appHookData: hooks.appHookData, invocationContext: context }

  core.state = 'preInvocationHooks'
  const before = { ...shared, inputs, functionCallback: callback }
  await hooks.run('preInvocation', before)

  core.state = 'invocation'
  const after = { ...shared, inputs: before.inputs, result: null as unknown, error: null as unknown }
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback)
  } catch (error) {
    after.error = error
  }

  core.state = 'postInvocationHooks'
  await hooks.run('postInvocation', after)
  core.state = undefined
  if (after.error !== null && after.error !== undefined) throw after.error
  return model.getResponse(context, after.result)
}
