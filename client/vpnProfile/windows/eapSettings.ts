import { parseXml, unescapedXml, type XmlElement } from './parseXml.ts'
import { bareDigest, readings } from './readings.ts'
import { type ReadSetting, said } from './readSetting.ts'

const microsoft = 'http://www.microsoft.com/provisioning/'

/** EAP types, and what vpn.toml calls them. */
const methods = new Map([
  ['13', 'eap-tls'],
  ['25', 'peap-eap-tls'],
])

const texts = (element: XmlElement, name: string): readonly string[] => [
  ...(element.name === name ? [element.text] : []),
  ...element.children.flatMap((child) => texts(child, name)),
]

const isOn = (list: XmlElement): boolean =>
  readings.flag(list.attributes.get('Enabled') ?? 'false') === 'true'

/** Names of purposes are a profile's own: what they stand for is compared. */
const purposesOf = (info: XmlElement): ReadonlyMap<string, string> => {
  const maps = info.children.filter(({ name }) => name === 'EKUMapping').flatMap(({ children }) => children)
  return new Map(maps.map((map) => [texts(map, 'EKUName')[0] ?? '', texts(map, 'EKUOID')[0] ?? ''] as const))
}

/** Which certificates are shown; a list that is not enabled restricts nothing. */
const filterSettings = (info: XmlElement, where: string): readonly ReadSetting[] => {
  const purposes = purposesOf(info)
  return info.children.flatMap((list) => {
    if (list.name === 'EKUMapping') return []
    if (list.name === 'CAHashList')
      return isOn(list)
        ? texts(list, 'IssuerHash').flatMap((text) => said(`certificate.issuers${where}`, bareDigest(text)))
        : []
    if (list.name === 'ClientAuthEKUList')
      return isOn(list)
        ? texts(list, 'EKUName').flatMap((name) =>
            said(`certificate.marker${where}`, purposes.get(name) ?? name),
          )
        : []
    return elementSettings(list, where)
  })
}

type ReadElement = (element: XmlElement, where: string) => readonly ReadSetting[]

const known: ReadonlyMap<string, ReadElement> = new Map<string, ReadElement>([
  [
    'EapMethod',
    (element) => said('authentication', methods.get(texts(element, 'Type')[0] ?? '') ?? 'another'),
  ],
  ['ServerNames', ({ text }, where) => said(`server.names${where}`, readings.serverNames(text))],
  ['TrustedRootCA', ({ text }, where) => said(`server.roots${where}`, bareDigest(text))],
  ['FilteringInfo', filterSettings],
])

/** An element of another namespace is another element, to which Windows pays no heed. */
const labelOf = ({ name, namespace }: XmlElement): string =>
  `${namespace.startsWith(microsoft) ? namespace.slice(microsoft.length) : namespace}:${name}`

const isPeap = ({ name, namespace }: XmlElement): boolean =>
  name === 'EapType' && namespace.startsWith(`${microsoft}MsPeap`)

const elementSettings = (element: XmlElement, where: string): readonly ReadSetting[] => {
  const read = element.namespace.startsWith(microsoft) ? known.get(element.name) : undefined
  if (read) return read(element, where)
  const label = `${labelOf(element)}${where}`
  const inner = (child: XmlElement): string =>
    isPeap(element) && child.name === 'Eap' ? ' within PEAP' : where
  return [
    ...said(label, readings.flag(element.text)),
    ...[...element.attributes].flatMap(([name, value]) => said(`${label} ${name}`, readings.flag(value))),
    ...element.children.flatMap((child) => elementSettings(child, inner(child))),
  ]
}

/** Reads what an EapHostConfig says, which stands in the element by itself or as an escaped text. */
export const eapSettings = ({ children, text }: XmlElement): readonly ReadSetting[] => {
  const hosts = text === '' ? children : [...children, parseXml(unescapedXml(text))]
  return hosts.flatMap((host) => elementSettings(host, ''))
}
