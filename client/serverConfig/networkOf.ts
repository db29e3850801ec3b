const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')

/** An IPv4 network as address and mask. @param cidr as checkSettings() lets through. */
export const networkOf = (cidr: string): { readonly address: string; readonly mask: string } => {
  const [text = '', length] = cidr.split('/')
  const bits = Number(length)
  const mask = bits === 0 ? 0 : 0xffffffff << (32 - bits)
  const value = text.split('.').reduce((all, octet) => all * 256 + Number(octet), 0)
  return { address: dotted(value & mask), mask: dotted(mask) }
}
