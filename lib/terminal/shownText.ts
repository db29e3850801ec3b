/**
 * Characters that change how a terminal or an editor shows what stands around them, or that nobody sees: controls of both
 * sets, changes of direction, joiners, separators of lines, halves of characters.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const unseenOrEnd = new RegExp(`\\r?\\n|${unseen.source}`, unseen.flags)

const escapeOf = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`

/** A text of a token or a client as it can be shown: what is not seen is written as `\u{1b}`. */
export const shownText = (text: string): string => text.replaceAll(unseen, escapeOf)

/** A whole text as it can be shown: line ends stay, and what else is not seen is written as `\u{1b}`. */
export const shownLines = (text: string): string =>
  text.replaceAll(unseenOrEnd, (found) => (found.endsWith('\n') ? found : escapeOf(found)))

const beyondAscii = /[\u007f-\uffff]/g

/** JSON in ASCII alone: no character of a text can do anything to a terminal. */
export const asciiJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(
    beyondAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
