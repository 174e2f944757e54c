/** What was pasted somewhere else and belongs on the page that adds an upstream; that page takes it. */

export const pasted = $state<{ text: string | null }>({ text: null });
