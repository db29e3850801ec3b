import { dirname, resolve } from 'node:path'
import { type Configuration, configurationOf, configurationSchema } from './configuration.ts'
import { type ConfigurationFault, foundIn, locateFaults, printFault } from './configurationFault.ts'
import { configurationPaths } from './configurationPaths.ts'
import { configurationSense } from './configurationSense.ts'
import { parseToml } from './parseToml.ts'
import { configurationInvalid, readConfigurationText } from './readConfigurationText.ts'

/** What a file comes to: a configuration, or what is wrong with it. */
export type ReadConfiguration =
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigurationFault[] }

/** How many faults a refusal names; `mayfly agent check` tells all. */
const mostTold = 10

/**
 * Parses the text of a mayfly.toml.
 * @param base the folder that relative paths begin at.
 */
export const parseConfiguration = async (text: string, base: string): Promise<ReadConfiguration> => {
  const toml = parseToml(text)
  if (toml.kind === 'fault') return { kind: 'faults', faults: [toml.fault] }
  const { document } = toml
  const parsed = configurationSchema(base).safeParse(document, { reportInput: true })
  const found = [
    ...foundIn(parsed.error?.issues ?? []),
    ...configurationSense(document, base),
    ...(await configurationPaths(document, base)),
  ]
  if (parsed.success && found.length === 0)
    return { kind: 'configuration', configuration: configurationOf(parsed.data) }
  return { kind: 'faults', faults: locateFaults(text, found) }
}

/**
 * Looks at a mayfly.toml, and at the files and folders that it names.
 * @throws {Refusal} `path-shared` where others could have written it, `configuration-invalid` where it cannot be read
 */
export const inspectConfiguration = async (file: string): Promise<ReadConfiguration> =>
  parseConfiguration(await readConfigurationText(file), dirname(resolve(file)))

/**
 * Reads a mayfly.toml.
 * @throws {Refusal} `path-shared`, `configuration-invalid` naming the faults
 */
export const readConfiguration = async (file: string): Promise<Configuration> => {
  const read = await inspectConfiguration(file)
  if (read.kind === 'configuration') return read.configuration
  const told = read.faults.slice(0, mostTold).map(printFault)
  throw configurationInvalid(file, told.join('; '))
}
