import { describe, expect, it } from 'vitest'
import { parseXml, unescapedXml } from '../../../../client/vpnProfile/windows/parseXml.ts'

describe('parseXml()', () => {
  it('reads names without prefixes, namespaces, attributes and texts', () => {
    const text = '<p:a xmlns:p="urn:x" b="1 &amp; 2"> t&#x41; <c><![CDATA[<&]]></c></p:a>'
    expect(parseXml(text)).toEqual({
      name: 'a',
      namespace: 'urn:x',
      attributes: new Map([['b', '1 & 2']]),
      children: [{ name: 'c', namespace: '', attributes: new Map(), children: [], text: '<&' }],
      text: 'tA',
    })
  })

  it.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity of a document', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['one that nobody defines', '<a>&x;</a>'],
    ['an element without an end', '<a><b></a>'],
    ['a second one', '<a/><b/>'],
    ['a prefix of no namespace', '<p:a/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['nothing', ''],
    ['elements in each other without end', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`],
    ['millions of characters', `<a>${' '.repeat(4_000_000)}</a>`],
  ])('refuses %s', (_, text) => {
    expect(() => parseXml(text)).toRefuse('configuration-invalid')
  })
})

it('unescapedXml() takes away one escape, and leaves alone what has none', () => {
  expect(unescapedXml(' &lt;a&gt;&amp;amp;&lt;/a&gt; ')).toBe('<a>&amp;</a>')
  expect(unescapedXml('<a>&lt;</a>')).toBe('<a>&lt;</a>')
})
