import { createHash } from 'node:crypto'

/** How many characters in a row of a secret, or of an encoding of it, are a leak that is certainly found. */
export const leakCharacters = 20

/** Pieces of this length are looked for, so far apart that as many characters as are a leak hold one of them. */
const pieceCharacters = 14
const stride = leakCharacters - pieceCharacters + 1

const wholeGroups = (octets: Buffer): Buffer => octets.subarray(0, octets.length - (octets.length % 3))

const percentEncoded = (octets: Buffer): string =>
  [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')

/** How a secret could be written: as it is, or encoded, base64 at each offset that it can have inside of something else. */
export const formsOf = (secret: string | Uint8Array): readonly string[] => {
  const octets = Buffer.from(secret)
  const hex = octets.toString('hex')
  return [
    octets.toString('latin1'),
    encodeURIComponent(octets.toString('latin1')),
    percentEncoded(octets),
    hex,
    hex.replaceAll(/..(?=.)/g, '$&:'),
    ...[0, 1, 2].flatMap((skipped) => {
      const groups = wholeGroups(octets.subarray(skipped))
      return [groups.toString('base64'), groups.toString('base64url')]
    }),
  ]
}

const piecesOf = (form: string): readonly string[] => {
  const text = form.toLowerCase()
  const count = Math.floor((text.length - pieceCharacters) / stride) + 1
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * stride, index * stride + pieceCharacters),
  )
}

/** Secrets by name, and where they are found. */
export interface Canaries {
  /**
   * Remembers a secret, to be found in every encoding.
   * @throws {Error} when it is too short to be told from what is none.
   */
  add(name: string, secret: string | Uint8Array): void
  /** Remembers a text of which no piece may be found as it is, nor the end in any encoding. */
  addText(name: string, text: string): void
  /** The names of the secrets of which a piece is in the text, in the order of finding. */
  findIn(text: string): readonly string[]
}

/** Starts without a secret. */
export const canaries = (): Canaries => {
  const pieces = new Map<string, string>()
  const remember = (name: string, forms: readonly string[]): void => {
    for (const form of forms)
      for (const piece of piecesOf(form)) if (!pieces.has(piece)) pieces.set(piece, name)
  }
  return {
    add(name, secret) {
      if (secret.length < leakCharacters) throw new Error(`The secret ${name} is too short.`)
      remember(name, formsOf(secret))
    },
    addText(name, text) {
      remember(name, [text, ...formsOf(text.slice(-60))])
    },
    findIn(text) {
      const lowerCase = text.toLowerCase()
      const found = new Set<string>()
      for (let start = 0; start + pieceCharacters <= lowerCase.length; start++) {
        const name = pieces.get(lowerCase.slice(start, start + pieceCharacters))
        if (name !== undefined) found.add(name)
      }
      return [...found]
    },
  }
}

/** Text that stands nowhere else, the same for the same name: letters and digits, as every place of a request takes. */
export const canaryText = (name: string): string =>
  `x${createHash('sha256').update(name).digest('hex').slice(0, 30)}`
