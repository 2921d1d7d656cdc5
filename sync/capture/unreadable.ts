/**
 * What a text decoder puts where bytes are no character of the document's encoding: a code point that no text may hold, so that it is
 * told from a replacement character that somebody wrote.
 */
export const unreadableMark = '\ufdd0'

export const holdsUnreadable = (text: string): boolean => text.includes(unreadableMark)

/** For people: the mark as the usual replacement character. */
export const showUnreadable = (text: string): string => text.replaceAll(unreadableMark, '\ufffd')
