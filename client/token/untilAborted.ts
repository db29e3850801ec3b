/** Waits for what may never come, no longer than a signal lets. @throws the reason of the signal */
export const untilAborted = async <T>(waited: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason as Error)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  try {
    return await Promise.race([waited, ended])
  } finally {
    signal.removeEventListener('abort', end)
  }
}
