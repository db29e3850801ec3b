import { z } from 'zod'
import { parseUuid } from '../../text/parseUuid.ts'

const plain = /^(?!\s)[^\p{C}]+(?<!\s)$/u

/** A name that people read. */
export const displayName = z
  .string()
  .max(256, 'has more than 256 characters')
  .regex(plain, 'is no plain text')

/** An id: UUIDs in the one spelling in which ids are compared, others as they are (not every issuer's ids are UUIDs). */
export const identifier = z
  .string()
  .max(256, 'has more than 256 characters')
  .regex(plain, 'is no plain text')
  .transform((text) => parseUuid(text) ?? text)

/** A list of ids and keywords; keywords in any case, so that none is mistaken for somebody's id. */
export const identifiers = (...keywords: readonly string[]) =>
  z
    .array(
      identifier.transform(
        (text) => keywords.find((keyword) => keyword.toLowerCase() === text.toLowerCase()) ?? text,
      ),
    )
    .default([])

/** Values of an enumeration, separated by commas, as Graph writes several in one text; `none` is no value. */
export const flags = <Value extends string>(values: readonly Value[]) =>
  z.string().transform((text, context): readonly Value[] => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== 'none')
    const known = values.filter((value) => names.includes(value))
    const unknown = names.find((name) => !values.some((value) => value === name))
    if (unknown !== undefined)
      context.issues.push({
        code: 'custom',
        input: text,
        message: `${JSON.stringify(unknown)} is not supported (supported: ${values.join(', ')})`,
      })
    return known
  })
