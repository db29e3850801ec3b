import * as z from 'zod'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import type { ProfileForm } from '../../profilePlace.ts'
import { isWindowsName, windowsNameWords } from '../../isWindowsName.ts'
import type { ScriptBeside, ScriptRequest } from './scriptRequest.ts'

/** What is beside a profile, as the script tells it. */
export const besideSchema: z.ZodType<ScriptBeside> = z.object({
  phonebook: z.record(z.string(), z.string()),
  mtu: z.number(),
  machinePurposes: z.array(z.string()),
  proxyExceptions: z.array(z.string()),
  proxyBypassLocal: z.boolean(),
})

/** Puts a profile together of its XML, and what is beside it. */
export const windowsForm = (name: string, xml: string, beside: ScriptBeside): ProfileForm => ({
  name,
  parts: new Map([
    ['ProfileXML', xml],
    ['phonebook', JSON.stringify(beside)],
  ]),
})

export const xmlOf = ({ parts }: ProfileForm): string => parts.get('ProfileXML') ?? ''

export const besideOf = ({ parts }: ProfileForm): ScriptBeside =>
  besideSchema.parse(JSON.parse(parts.get('phonebook') ?? '{}'))

/** The same for one that is wanted. @throws {Refusal} `configuration-invalid` where Windows takes no such name */
export const checkedForm = (...[name, xml, beside]: Parameters<typeof windowsForm>): ProfileForm => {
  if (isWindowsName(name)) return windowsForm(name, xml, beside)
  throw new Refusal(
    'configuration-invalid',
    `Cannot use the profile: Windows takes no profile named "${name}": ${windowsNameWords}.`,
  )
}

/** Asks for a profile. */
export const applyRequest = (form: ProfileForm) =>
  ({ action: 'apply', name: form.name, xml: xmlOf(form), beside: besideOf(form) }) satisfies ScriptRequest
