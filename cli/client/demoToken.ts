import type { Command } from '../commandLine/command.ts'
import { askDemoToken } from '../../client/askDemoToken.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'

export const demoToken: Command = {
  name: 'demo token',
  summary: 'print a fresh compliance token of the demo issuer',
  help: `--user UPN        whom it is for (ada@contoso.example)
--non-compliant   say that the device is not compliant`,
  options: {
    user: { type: 'string', default: 'ada@contoso.example' },
    'non-compliant': { type: 'boolean', default: false },
  },
  async run({ values, deployment }) {
    const user = { upn: requiredOption(values, 'user'), compliant: values['non-compliant'] !== true }
    const token = await askDemoToken(await deployment(), user)
    return { text: token, json: { token } }
  },
}
