import { agentCommand, type AgentService } from './agentService.ts'
import { type Element, xmlElement } from './xmlText.ts'

/** What a property list holds. */
type Property = string | number | boolean | readonly string[] | { readonly [key: string]: Property }

/** By this name launchd knows the agent. */
export const launchdLabel = 'mayfly.agent'

const head = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`

const text = (content: string): Element => ({ name: 'string', content })

const propertyElement = (property: Property): Element => {
  if (typeof property === 'string') return text(property)
  if (typeof property === 'number') return { name: 'integer', content: String(property) }
  if (typeof property === 'boolean') return { name: String(property), content: '' }
  if (Array.isArray(property)) return { name: 'array', content: property.map(text) }
  const content = Object.entries(property).flatMap(([key, value]) => [
    { name: 'key', content: key },
    propertyElement(value),
  ])
  return { name: 'dict', content }
}

/** How launchd starts it: again when it failed, or every so often. */
const schedule = ({ everySeconds }: AgentService) =>
  everySeconds === undefined
    ? { KeepAlive: { SuccessfulExit: false }, ThrottleInterval: 30 }
    : { StartInterval: everySeconds }

/** Writes the property list of an agent, launchd.plist(5). */
export const launchdPlist = (service: AgentService, logFile: string): string => {
  const properties = {
    Label: launchdLabel,
    ProgramArguments: agentCommand(service, logFile),
    RunAtLoad: true,
    ...schedule(service),
    ProcessType: 'Background',
    // 0022: other users read the files of a bundle.
    Umask: 18,
  }
  return `${head}${xmlElement({
    name: 'plist',
    attributes: { version: '1.0' },
    content: [propertyElement(properties)],
  })}`
}
