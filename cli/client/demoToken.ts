import { askDemoToken } from '../../client/askDemoToken.ts'
import { command } from '../commandLine/command.ts'
import { flag, required, text } from '../commandLine/option.ts'

export const demoToken = command({
  name: 'demo token',
  summary: 'print a fresh compliance token of the demo issuer',
  options: {
    user: required(text('UPN', 'whom it is for (ada@contoso.example)', { byDefault: 'ada@contoso.example' })),
    nonCompliant: flag('say that the device is not compliant'),
  },
  async run({ user, nonCompliant }, { deployment }) {
    const token = await askDemoToken(await deployment(), { upn: user, compliant: !nonCompliant })
    return { text: token, json: { token } }
  },
})
