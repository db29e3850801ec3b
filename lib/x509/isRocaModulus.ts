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
