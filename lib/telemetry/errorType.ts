const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** What failed in one word: the code of an error, else its name. Its message is told nowhere. */
export const errorType = (error: unknown): string => {
  const words = [member(error, 'code'), member(error, 'name')]
  const [word] = words.filter((value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value))
  return typeof word === 'string' ? word : 'unknown'
}
