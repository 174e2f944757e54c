/** Light, dark, or as the system has it. */
export type Appearance = 'system' | 'light' | 'dark';

const KEY = 'headgate-appearance';

let chosen = $state(kept());

function kept(): Appearance {
  const text = localStorage.getItem(KEY);
  return text === 'light' || text === 'dark' ? text : 'system';
}

export function appearance(): Appearance {
  return chosen;
}

export function setAppearance(choice: Appearance): void {
  chosen = choice;
  localStorage.setItem(KEY, choice);
  applyAppearance();
}

/** Puts the choice on the page; without one the system decides. */
export function applyAppearance(): void {
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
