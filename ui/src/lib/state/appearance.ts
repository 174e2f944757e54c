/** Light, dark, or as the system has it. */
export type Appearance = 'system' | 'light' | 'dark';

const KEY = 'headgate-appearance';

export function appearance(): Appearance {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function setAppearance(choice: Appearance): void {
  localStorage.setItem(KEY, choice);
  applyAppearance();
}

/** Puts the choice on the page; without one the system decides. */
export function applyAppearance(): void {
  const choice = appearance();
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}
