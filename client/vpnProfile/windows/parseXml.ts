import { DOMParser, type Element as DomElement, type Node, onWarningStopParsing } from '@xmldom/xmldom'
import { Refusal } from '../../../lib/errors/refusal.ts'

/** An element that was read. */
export interface XmlElement {
  /** Without a prefix, which has no meaning. */
  readonly name: string
  /** Empty for none. */
  readonly namespace: string
  /** By their names, without declarations of namespaces. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** What stands in it beside other elements, without the white space around it. */
  readonly text: string
}

/** In characters: thousands of routes take a tenth of it. */
const longest = 4_000_000

/** A ProfileXML has a dozen levels. */
const deepest = 64

const refuse = (why: string): Refusal => new Refusal('configuration-invalid', `Cannot read the XML: ${why}.`)

const isElement = (node: Node): node is DomElement => node.nodeType === node.ELEMENT_NODE

const textOf = (node: Node): string =>
  node.nodeType === node.TEXT_NODE || node.nodeType === node.CDATA_SECTION_NODE ? (node.nodeValue ?? '') : ''

const elementOf = (element: DomElement, depth: number): XmlElement => {
  if (depth > deepest) throw refuse(`elements stand in each other more than ${deepest} deep`)
  const nodes = [...element.childNodes]
  const attributes = [...element.attributes].filter(({ name }) => !/^xmlns(?::|$)/.test(name))
  return {
    name: element.localName ?? element.nodeName,
    namespace: element.namespaceURI ?? '',
    attributes: new Map(attributes.map(({ name, value }) => [name, value])),
    children: nodes.filter(isElement).map((child) => elementOf(child, depth + 1)),
    text: nodes.map(textOf).join('').trim(),
  }
}

/** Of XML 1.0: the parser's own are those of 1.1, which change more characters. */
const normalizeLineEndings = (text: string): string => text.replaceAll(/\r\n?/g, '\n')

const documentOf = (text: string) => {
  try {
    const parser = new DOMParser({ onError: onWarningStopParsing, normalizeLineEndings, locator: false })
    return parser.parseFromString(text, 'text/xml')
  } catch {
    throw refuse('it is not well-formed')
  }
}

/**
 * Parses XML 1.0 with namespaces. What declares a document type is refused: no profile needs the entities that it could define.
 * @throws {Refusal} `configuration-invalid`
 */
export const parseXml = (text: string): XmlElement => {
  if (text.length > longest) throw refuse(`it has more than ${longest} characters`)
  const document = documentOf(text.replace(/^\uFEFF/, '').trim())
  if (document.doctype !== null) throw refuse('it declares a document type')
  if (document.documentElement === null) throw refuse('it is empty')
  return elementOf(document.documentElement, 1)
}

/** Takes away the escapes of XML that was put into XML as a text, which is how a device management server passes it on. */
export const unescapedXml = (text: string): string => {
  const bare = text.trim()
  return bare.startsWith('&lt;') ? parseXml(`<text>${bare}</text>`).text : bare
}
