import * as z from 'zod'

/** The name of a claim in the tokens of an issuer. */
export const claimName = z.string().min(1).max(128)

/** A text without a form of its own. */
export const text = z.string().min(1).max(512)

/** A value that a claim may have. An array claim has it by containing it. */
export const claimValue = z.union([z.string().max(512), z.boolean(), z.number()])
