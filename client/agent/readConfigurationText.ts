import { existsSync } from 'node:fs'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readBoundedFile } from '../../lib/files/readBoundedFile.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { checkUnshared } from '../checkUnshared.ts'

/** Finding faults takes time that grows with the square of this. */
export const mostConfigurationOctets = 64 * 1024

/** Makes the refusal of a mayfly.toml, of a reason that follows its name. */
export const configurationInvalid = (file: string, why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the configuration ${file}: ${why}.`)

/** Reads the text of a mayfly.toml. @throws {Refusal} `path-shared` where others could have written it, `configuration-invalid` */
export const readConfigurationText = async (file: string): Promise<string> => {
  const refuse = (why: string) => configurationInvalid(file, why)
  // Not told as one that others can write to: no mode of it would help.
  if (!existsSync(file)) throw refuse('it cannot be found')
  await checkUnshared(file, 'the configuration')
  return decodeText(
    readBoundedFile(file, { mostOctets: mostConfigurationOctets, refuse }),
    (why) => refuse(`it ${why}`),
    'is UTF-16: save it as UTF-8',
  )
}
