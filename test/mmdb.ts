/** A node of the search tree: what follows a bit of 0, and of 1; text for a country. */
type Node = [Node | string | undefined, Node | string | undefined]

const control = (type: number, size: number): Buffer =>
  type < 8 ? Buffer.of((type << 5) | size) : Buffer.of(size, type - 7)

const text = (value: string): Buffer => Buffer.concat([control(2, value.length), Buffer.from(value)])

const unsigned = (type: 5 | 6 | 9, value: number): Buffer => {
  const octets = Buffer.from(value.toString(16).padStart(8, '0'), 'hex')
  return Buffer.concat([
    control(type, octets.length - (type === 5 ? 2 : 0)),
    octets.subarray(type === 5 ? 2 : 0),
  ])
}

const map = (members: Readonly<Record<string, Buffer>>): Buffer =>
  Buffer.concat([
    control(7, Object.keys(members).length),
    ...Object.entries(members).flatMap(([name, value]) => [text(name), value]),
  ])

/** The bits of an address of IPv6, or of one of IPv4 where MaxMind puts these: in ::/96. */
const bitsOf = (address: string): string =>
  address.includes(':')
    ? address
        .split('::')
        .map((half) => half.split(':').filter((part) => part !== ''))
        .flatMap((half, index, { 1: other = [] }) =>
          index === 0
            ? [...half, ...Array.from({ length: 8 - half.length - other.length }, () => '0')]
            : half,
        )
        .map((part) => Number.parseInt(part, 16).toString(2).padStart(16, '0'))
        .join('')
    : `${'0'.repeat(96)}${address
        .split('.')
        .map((part) => Number(part).toString(2).padStart(8, '0'))
        .join('')}`

const put = (root: Node, cidr: string, country: string): void => {
  const [address = '', prefix = ''] = cidr.split('/')
  const bits = bitsOf(address).slice(0, Number(prefix) + (address.includes(':') ? 0 : 96))
  let node = root
  for (const bit of bits.slice(0, -1)) {
    const index = bit === '0' ? 0 : 1
    const next = node[index]
    if (typeof next === 'object') node = next
    else node = node[index] = [undefined, undefined]
  }
  node[bits.endsWith('0') ? 0 : 1] = country
}

const nodesOf = (node: Node): readonly Node[] => [
  node,
  ...node.flatMap((next) => (typeof next === 'object' ? nodesOf(next) : [])),
]

/** Goes down so many bits of 0. */
const branchOf = (node: Node, bits: number): Node =>
  bits === 0 || typeof node[0] !== 'object' ? node : branchOf(node[0], bits - 1)

/**
 * Writes a database in MaxMind's DB format (https://maxmind.github.io/MaxMind-DB/), of countries by ranges that do not
 * overlap. A country that is empty has a record that names none.
 */
export const mmdb = (
  countries: Readonly<Record<string, string>>,
  { type = 'Test-Country', version = 6 }: { readonly type?: string; readonly version?: 4 | 6 } = {},
): Buffer => {
  const whole: Node = [undefined, undefined]
  for (const [cidr, country] of Object.entries(countries)) put(whole, cidr, country)
  const nodes = nodesOf(version === 6 ? whole : branchOf(whole, 96))
  const names = [...new Set(Object.values(countries))]
  const records = names.map((name) =>
    name === '' ? map({}) : map({ country: map({ iso_code: text(name) }) }),
  )
  const offsetOf = (name: string) =>
    Buffer.concat(records.slice(0, names.indexOf(name))).length + nodes.length + 16
  const recordOf = (next: Node | string | undefined): Buffer => {
    const value =
      typeof next === 'object' ? nodes.indexOf(next) : next === undefined ? nodes.length : offsetOf(next)
    return Buffer.of(value >> 16, (value >> 8) & 0xff, value & 0xff)
  }
  const metadata = map({
    node_count: unsigned(6, nodes.length),
    record_size: unsigned(5, 24),
    ip_version: unsigned(5, version),
    database_type: text(type),
    languages: control(11, 0),
    binary_format_major_version: unsigned(5, 2),
    binary_format_minor_version: unsigned(5, 0),
    build_epoch: unsigned(9, 1_772_445_600),
    description: map({}),
  })
  return Buffer.concat([
    ...nodes.flatMap((node) => node.map(recordOf)),
    Buffer.alloc(16),
    ...records,
    Buffer.from('abcdef', 'hex'),
    Buffer.from('MaxMind.com'),
    metadata,
  ])
}
