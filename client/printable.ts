const maxCharacters = 500

/** Bounds what a service says for a terminal: without control characters, and not without end. */
export const printable = (text: string): string => text.replaceAll(/\p{C}+/gu, ' ').slice(0, maxCharacters)
