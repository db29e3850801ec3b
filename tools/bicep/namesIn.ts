import type { BicepFile } from './parseBicep.ts'

/** Collects the names of an expression or type, however deep: `name` nodes, and named types. */
const collect = (node: unknown, names: Set<string>): void => {
  if (Array.isArray(node)) for (const one of node) collect(one, names)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return
  const { kind, name } = node as { kind?: unknown; name?: unknown }
  if ((kind === 'name' || kind === 'named') && typeof name === 'string') names.add(name)
  for (const part of Object.values(node)) collect(part, names)
}

/** The names that a file uses, other than where it declares them. */
export const namesIn = ({ statements }: BicepFile): ReadonlySet<string> => {
  const names = new Set<string>()
  collect(statements, names)
  return names
}
