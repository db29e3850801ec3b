/**
 * The primes of the ROCA fingerprint (CVE-2017-15361; Nemec et al., "The Return of Coppersmith's Attack", CCS 2017).
 * A vulnerable chip makes primes p = k * M + (65537^a mod M), so its moduli are powers of 65537 modulo each of them.
 */
const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]

const powersOf65537 = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power)
  return powers
}

const fingerprint = primes.map((prime) => [prime, powersOf65537(prime)] as const)

/** Tells whether an RSA modulus (unsigned, big-endian) comes from a ROCA-vulnerable chip; wrong for one in 2^27. */
export const isRocaModulus = (modulus: Uint8Array): boolean =>
  fingerprint.every(([prime, powers]) =>
    powers.has(modulus.reduce((rest, octet) => (rest * 256 + octet) % prime, 0)),
  )

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
