/** The y coordinates of the points of order 1, 2, 4 and 8, canonical or not, little-endian, sign bit cleared. */
const smallOrderPoints = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

/** Tells whether an Ed25519 public key of 32 octets is a point of small order: anyone can sign for one. */
export const hasSmallOrder = (point: Uint8Array): boolean => {
  const y = Buffer.from(point)
  y[31] = (y[31] ?? 0) & 0x7f
  return smallOrderPoints.has(y.toString('hex'))
}
