import * as z from 'zod'
import { addReason } from '../../policy/model/rejection.ts'

/**
 * Reads a member that means nothing here, and rejects it where it is set.
 * @param unset words that Graph writes for "not set", beside false.
 */
export const unsupported = (reason: string, ...unset: readonly string[]): z.ZodType<undefined> =>
  z
    .unknown()
    .optional()
    .transform((value, context) => {
      const isUnset = [undefined, false, ...unset].some((one) => one === value)
      if (!isUnset) addReason(context, value, `is not supported: ${reason}`)
      return undefined
    })
