import { once } from 'node:events'
import { type RunningFunctions, type Settings, startFunctions } from '../e2e/startFunctions.ts'
import { threePorts } from '../e2e/threePorts.ts'

/** A functions host that is killed and started again, always on the same port. */
export interface MortalHost extends AsyncDisposable {
  readonly url: string
  /** When the host of now was started, by `performance.now()`. */
  startedAt(): number
  /** Resolves when the host of now serves. */
  serving(): Promise<void>
  /** Kills the process as kill -9 does, and starts the next one once it is gone. */
  kill(): Promise<void>
  /** What all of them wrote. */
  output(): string
}

const end = async ({ child }: RunningFunctions): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Starts the host for the first time. The port is one that the system gives to no client. */
export const startMortalHost = async (settings: Settings): Promise<MortalHost> => {
  const port = await threePorts()
  const startOne = () => ({ ...startFunctions(port, settings), startedAt: performance.now() })
  const lives = [startOne()]
  const last = () => {
    const life = lives.at(-1)
    if (!life) throw new Error('There is no host.')
    return life
  }
  return {
    url: last().url,
    startedAt: () => last().startedAt,
    serving: () => last().serving,
    async kill() {
      await end(last())
      lives.push(startOne())
    },
    output: () => lives.map((life) => life.output()).join('\n'),
    [Symbol.asyncDispose]: () => end(last()),
  }
}
