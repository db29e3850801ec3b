import { readFileSync } from 'node:fs'
import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { checkUnshared } from '../checkUnshared.ts'

/** Finding faults takes time that grows with the square of this. */
const mostOctets = 64 * 1024

/** Makes the refusal of a mayfly.toml, of a reason that follows its name. */
export const configurationInvalid = (file: string, why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the configuration ${file}: ${why}.`)

const octetsOf = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw configurationInvalid(file, `it cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Reads the text of a mayfly.toml. @throws {Refusal} `path-shared` where others could have written it, `configuration-invalid` */
export const readConfigurationText = async (file: string): Promise<string> => {
  await checkUnshared(file, 'the configuration')
  const octets = octetsOf(file)
  if (octets.length > mostOctets) throw configurationInvalid(file, `it has more than ${mostOctets} octets`)
  return decodeText(octets, (why) => configurationInvalid(file, `it ${why}`), 'is UTF-16: save it as UTF-8')
}
