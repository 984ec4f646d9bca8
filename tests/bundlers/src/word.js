globalThis.ran = [...(globalThis.ran ?? []), 'word']
export const word = 'tea'
