/** A member of a JSON object that came from outside; undefined when there is no such member, or no object. */
export const jsonMember = (document: unknown, name: string): unknown =>
  typeof document === 'object' && document !== null && Object.hasOwn(document, name)
    ? (document as Record<string, unknown>)[name]
    : undefined
