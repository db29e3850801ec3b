import type { Authority } from '../authority.ts'
import type { Change } from './changeAuthority.ts'
import type { Generation } from '../generation.ts'

/** Dates now what a wrong clock put into the future: every time that is waited for begins anew. */
const notLater = (generation: Generation, now: Date): Generation => {
  const { publishedAt, changedAt } = generation
  if (publishedAt <= now && changedAt <= now) return generation
  const atMost = (date: Date) => (date < now ? date : now)
  return { ...generation, publishedAt: atMost(publishedAt), changedAt: atMost(changedAt) }
}

/** Plans the bundle anew: the same generations, signed and dated now. */
export const republish = (before: Authority, now: Date): Change => {
  const generations = before.generations.map((generation) => notLater(generation, now))
  const dated = generations.filter((one) => !before.generations.includes(one))
  return {
    action: 'republish',
    generations,
    crossCertificates: before.crossCertificates,
    changes: dated.map(({ id }) => `${id} dated now`),
    forced: [],
  }
}
