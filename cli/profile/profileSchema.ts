import { profileJsonSchema } from '../../client/vpnProfile/profileJsonSchema.ts'
import { command } from '../commandLine/command.ts'

export const profileSchema = command({
  name: 'profile schema',
  summary: 'print the JSON schema of vpn.toml, for editors',
  options: {},
  notes:
    'An editor that knows TOML takes it from the first line of the file: "#:schema ./vpn.schema.json". It tells of members, types and bounds; profile check tells of all.',
  run: async () => {
    const schema = profileJsonSchema()
    return { text: JSON.stringify(schema, undefined, 2), json: schema }
  },
})
