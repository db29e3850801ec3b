import { setImmediate } from 'node:timers/promises'

/** Chooses among so many options, from 0 on. */
export type Choose = (options: number) => number

/** Runs something once for every sequence of choices that it can make. @returns how many there are. */
export const everyOrder = async (run: (choose: Choose) => Promise<void>): Promise<number> => {
  let prescribed: readonly number[] = []
  for (let runs = 1; ; runs++) {
    const taken: { readonly choice: number; readonly options: number }[] = []
    await run((options) => {
      const choice = prescribed[taken.length] ?? 0
      if (choice >= options) throw new Error('The same choices did not lead to the same place.')
      taken.push({ choice, options })
      return choice
    })
    while (taken.length > 0 && taken.at(-1)?.choice === (taken.at(-1)?.options ?? 0) - 1) taken.pop()
    const last = taken.pop()
    if (!last) return runs
    prescribed = [...taken.map(({ choice }) => choice), last.choice + 1]
  }
}

/** Lets the steps of several parties happen one at a time, in an order that is chosen. */
export interface Steps {
  /** Waits for its turn, and is told how the step ends. */
  step<Fate extends string>(fates: readonly Fate[]): Promise<Fate>
  /** Lets steps happen until none waits and the parties have ended. */
  drive(parties: readonly Promise<unknown>[]): Promise<void>
}

/** Whoever takes longer than this between two steps waits for something that never comes. */
const mostIdleTurns = 1_000

/** Makes the steps of one run. */
export const stepsOf = (choose: Choose): Steps => {
  const waiting: { readonly fates: number; readonly go: (fate: number) => void }[] = []
  const takeOne = (): void => {
    let choice = choose(waiting.reduce((sum, { fates }) => sum + fates, 0))
    for (const [index, { fates, go }] of waiting.entries()) {
      if (choice < fates) {
        waiting.splice(index, 1)
        return go(choice)
      }
      choice -= fates
    }
  }
  return {
    step: (fates) =>
      new Promise((resolve, reject) => {
        const go = (index: number): void => {
          const fate = fates[index]
          if (fate === undefined) reject(new Error('A step has no fate.'))
          else resolve(fate)
        }
        waiting.push({ fates: fates.length, go })
      }),
    async drive(parties) {
      const open = new Set(parties)
      const ended = Promise.all(parties.map((party) => party.finally(() => open.delete(party))))
      ended.catch(() => undefined)
      for (let idle = 0; open.size > 0 || waiting.length > 0; idle++) {
        // Between two steps there is nothing but computing: one turn of the event loop ends it.
        await setImmediate()
        if (idle > mostIdleTurns) throw new Error('Somebody waits for what never comes.')
        if (waiting.length === 0) continue
        idle = 0
        takeOne()
      }
      await ended
    },
  }
}
