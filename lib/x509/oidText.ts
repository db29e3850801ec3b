/** The most characters of an object identifier that a detail repeats: those of public registries are shorter. */
const maxCharacters = 64

/**
 * Writes an object identifier of a request into a refusal's detail. The sender chose it, and 16 KiB of arcs would
 * make a detail of 32,000 characters: a long one is only counted.
 */
export const oidText = (dotted: string): string =>
  dotted.length <= maxCharacters ? dotted : `(an object identifier of ${dotted.length} characters)`
