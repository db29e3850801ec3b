import { eventLevels, type EventLevel } from '../../client/agent/agentEvent.ts'
import type { Configuration } from '../../client/agent/configuration.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parsed, text, type Values } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { anyTenantOption } from '../tenant/tenantOption.ts'
import { defaultConfiguration } from './configurationFile.ts'
import { credentialOptions, outOption } from './credentialOptions.ts'

const parseLevel = (given: string): EventLevel => {
  const level = eventLevels.find((one) => one === given)
  if (level !== undefined) return level
  throw new Refusal('usage-wrong', `Cannot read --log-level: it is one of ${eventLevels.join(', ')}.`)
}

/** Describes `--config`. */
export const configOption = text(
  'FILE',
  'a mayfly.toml with credentials and trust bundles to keep; options win over it',
  { variable: 'MAYFLY_CONFIG' },
)

/** How the events of an agent are told. */
export const logOptions = {
  logFile: text('FILE', 'gets the events, and is rotated; standard error when left out'),
  logLevel: parsed('LEVEL', 'info, warning or error: what is below is not told', parseLevel, {
    choices: eventLevels,
  }),
}

/** Reads how events are told: what options do not say, the configuration does. */
export const loggingOf = (
  values: Values<typeof logOptions>,
  found: Pick<Configuration, 'logFile' | 'logLevel'>,
): Pick<Configuration, 'logFile' | 'logLevel'> => ({
  logFile: values.logFile ?? found.logFile,
  logLevel: values.logLevel ?? found.logLevel,
})

/** The options that say what is kept: a file, a credential, or a file of one credential of which some is to be another. */
export const keptOptions = withVariables({
  config: configOption,
  ...credentialOptions,
  tenant: anyTenantOption('the tenant'),
  out: text('FOLDER', outOption.help),
})

/** What options say of one credential, none of it required: a file may say the same. */
export type Overrides = Omit<Values<typeof keptOptions>, 'config'>

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)

/** Names those that were given of the options of a credential. */
export const givenOf = (values: Overrides): readonly (keyof Overrides)[] =>
  (Object.keys(credentialOptions) as (keyof Overrides)[]).filter((member) => isGiven(values[member]))

/** The file that is read: the one that options name, or the usual one where they name no folder. */
export const fileFor = ({
  config,
  out,
}: Pick<Values<typeof keptOptions>, 'config' | 'out'>): string | undefined =>
  config ?? (out === undefined ? defaultConfiguration() : undefined)
