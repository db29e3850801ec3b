import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { checkUnshared } from '../checkUnshared.ts'

/** Finding faults takes time that grows with the square of this. */
const mostOctets = 64 * 1024

/** Makes the refusal of a mayfly.toml, of a reason that follows its name. */
export const configurationInvalid = (file: string, why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the configuration ${file}: ${why}.`)

/** A pipe that nobody writes to would be waited for without end, and a stop with it. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Reads no more than there may be: whoever keeps a configuration looks at it again and again. */
const boundedOctets = (file: string): Buffer => {
  const opened = openSync(file, openFlags)
  try {
    const status = fstatSync(opened)
    if (!status.isFile()) throw configurationInvalid(file, 'it is no regular file')
    if (status.size > mostOctets) throw configurationInvalid(file, `it has more than ${mostOctets} octets`)
    return readFileSync(opened)
  } finally {
    closeSync(opened)
  }
}

const octetsOf = (file: string): Buffer => {
  try {
    return boundedOctets(file)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw configurationInvalid(file, `it cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Reads the text of a mayfly.toml. @throws {Refusal} `path-shared` where others could have written it, `configuration-invalid` */
export const readConfigurationText = async (file: string): Promise<string> => {
  await checkUnshared(file, 'the configuration')
  return decodeText(
    octetsOf(file),
    (why) => configurationInvalid(file, `it ${why}`),
    'is UTF-16: save it as UTF-8',
  )
}
