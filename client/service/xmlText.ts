const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Writes a text as the content of an XML element. It must hold no control characters: XML 1.0 has none. */
export const xmlText = (text: string): string =>
  text.replaceAll(/[&<>]/g, (character) => escapes[character] ?? '')

/** An element: its name, attributes and what is in it. */
export interface Element {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly content: string | readonly Element[]
}

/** Writes an element, indented by two spaces a level. Attributes must need no escapes. */
export const xmlElement = ({ name, attributes = {}, content }: Element, indent = ''): string => {
  const start = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${value}"`)].join(' ')
  if (content.length === 0) return `${indent}<${start}/>\n`
  if (typeof content === 'string') return `${indent}<${start}>${xmlText(content)}</${name}>\n`
  const inner = content.map((one) => xmlElement(one, `${indent}  `)).join('')
  return `${indent}<${start}>\n${inner}${indent}</${name}>\n`
}
