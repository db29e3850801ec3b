import * as z from 'zod'
import { parseUuid } from '../../text/parseUuid.ts'
import { addReason } from './rejection.ts'

/** Reads a name for people. */
export const displayName = z
  .string()
  .max(256, 'has more than 256 characters')
  .regex(/^(?!\s)[^\p{C}]+(?<!\s)$/u, 'is no plain text')

/** Reads an id: a UUID in the one spelling in which ids are compared, any other as it is (not every issuer has UUIDs). */
export const identifier = displayName.transform((text) => parseUuid(text) ?? text)

/** Reads a list of ids and keywords, which are taken in any case, so that none is mistaken for somebody's id. */
export const identifiers = (...keywords: readonly string[]) =>
  z
    .array(
      identifier.transform(
        (text) => keywords.find((keyword) => keyword.toLowerCase() === text.toLowerCase()) ?? text,
      ),
    )
    .default([])

/**
 * Reads values of an enumeration that Graph writes into one text, separated by commas.
 * @param noValue names none of them, in the enumerations that have it.
 */
export const flags = <Value extends string>(values: readonly Value[], noValue?: 'none') =>
  z.string().transform((text, context): readonly Value[] => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== noValue)
    const known = values.filter((value) => names.includes(value))
    const unknown = names.find((name) => !values.some((value) => value === name))
    if (unknown !== undefined)
      addReason(
        context,
        text,
        `${JSON.stringify(unknown)} is not supported (supported: ${values.join(', ')})`,
      )
    return known
  })
