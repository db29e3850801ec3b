import { hash } from 'node:crypto'
import type { Difference, ProfileForm } from '../../profilePlace.ts'

/** What a profile says, setting by setting: a text, or several of which the order means nothing. */
export type FormSettings = ReadonlyMap<string, string | ReadonlySet<string>>

/** Splits a list into what is in it. */
export const itemsIn = (text: string, separator: RegExp): ReadonlySet<string> =>
  new Set(text.split(separator).filter((item) => item !== ''))

/** Tells PEM apart by what is in it, however it is wrapped, and whatever stands before it. */
export const pemDigest = (pem: string): string =>
  hash('sha256', pem.slice(Math.max(0, pem.indexOf('-----BEGIN '))).replaceAll(/\s/g, ''))

/** The authorities that lie beside the profile, by what is in them. */
export const authoritiesOf = ({ parts }: ProfileForm): ReadonlySet<string> =>
  new Set([...parts].flatMap(([path, pem]) => (path.endsWith('.pem') ? [pemDigest(pem)] : [])))

const setOf = (value: string | ReadonlySet<string> | undefined): ReadonlySet<string> =>
  typeof value === 'string' ? new Set([value]) : (value ?? new Set())

const missing = (from: ReadonlySet<string>, to: ReadonlySet<string>): readonly string[] =>
  [...from].filter((item) => !to.has(item))

/** Finds what is said otherwise, setting by setting; in lists item by item. */
export const compareSettings = (wanted: FormSettings, installed: FormSettings): readonly Difference[] =>
  [...new Set([...wanted.keys(), ...installed.keys()])].flatMap((setting): readonly Difference[] => {
    const [one, other] = [wanted.get(setting), installed.get(setting)]
    if (typeof one !== 'object' && typeof other !== 'object')
      return one === other ? [] : [{ setting, wanted: one, installed: other }]
    const [inOne, inOther] = [setOf(one), setOf(other)]
    return [
      ...missing(inOne, inOther).map((item) => ({ setting, wanted: item, installed: undefined })),
      ...missing(inOther, inOne).map((item) => ({ setting, wanted: undefined, installed: item })),
    ]
  })
