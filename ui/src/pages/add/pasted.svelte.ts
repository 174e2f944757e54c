/** A text that was pasted on another page, on its way here. */
export const pasted = $state<{ text: string | null }>({ text: null });
