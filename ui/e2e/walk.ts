/** Walks a page by Tab: everything is reached, nothing holds on to the focus, and it is seen where it is. */
import type { Page } from '@playwright/test';

/** More stops than any page has. */
const MAX_STOPS = 400;

interface Stop {
  name: string;
  number: number;
  isSeen: boolean;
}

/** What is wrong, in words. */
export async function walk(page: Page): Promise<string[]> {
  const all = await page.evaluate(numbered);
  const reached = new Map<number, Stop>();
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  let last = -2;
  for (let press = 0; press < MAX_STOPS; press++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(focused);
    if (stop === null) {
      // Past the last one the browser's own bar has its turn; what had the focus may also have gone by itself.
      if (reached.size > 0 && (await page.evaluate(isThere, last))) break;
      continue;
    }
    if (stop.number >= 0 && stop.number === last) return [`the focus stays at ${stop.name}`];
    if (stop.number >= 0 && reached.has(stop.number)) break;
    last = stop.number;
    reached.set(stop.number, stop);
  }
  // What went while it was walked, such as a skeleton, could not be reached.
  const there = new Set(
    await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-walk]')].map((one) => Number(one.dataset.walk)),
    ),
  );
  const missed = all
    .filter(({ number }) => there.has(number) && !reached.has(number))
    .map(({ name }) => `not reached: ${name}`);
  const unseen = [...reached.values()]
    .filter(({ isSeen }) => !isSeen)
    .map(({ name }) => `focus not seen: ${name}`);
  return [...missed, ...unseen];
}

/** Numbers what a person can act on. */
function numbered(): { name: string; number: number }[] {
  const acts = 'a[href], button, input, select, textarea, summary, audio[controls], [tabindex]';
  const groups = new Set<string>();
  // An open dialog keeps the focus to itself until it is closed.
  const root = document.querySelector('[role=dialog]') ?? document;
  const found = [...root.querySelectorAll<HTMLElement>(acts)].filter((element) => {
    if (element.tabIndex < 0 || element.matches(':disabled, [type=hidden]')) return false;
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    if (element.closest('[inert]') !== null) return false;
    if (element instanceof HTMLInputElement && element.type === 'radio') {
      // A group of them is one stop, the chosen one; the arrow keys do the rest.
      const chosen = document.querySelector(`input[name="${element.name}"]:checked`);
      if (chosen !== null && chosen !== element) return false;
      if (groups.has(element.name)) return false;
      groups.add(element.name);
    }
    return true;
  });
  return found.map((element, number) => {
    element.dataset.walk = String(number);
    return { name: element.outerHTML.replace(/\s+/g, ' ').slice(0, 140), number };
  });
}

function isThere(number: number): boolean {
  return number < 0 || document.querySelector(`[data-walk="${number}"]`) !== null;
}

/** Where the focus is now; null when it is on no element of the page. */
function focused(): Stop | null {
  const element = document.activeElement;
  if (element === null || element === document.body || element === document.documentElement) return null;
  const isDrawn = (of: Element, pseudo?: string) => {
    const style = getComputedStyle(of, pseudo);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  };
  const around = [element, element.parentElement, element.parentElement?.parentElement];
  const isSeen =
    around.some((one) => one && isDrawn(one)) || isDrawn(element, '::after') || isDrawn(element, '::before');
  const number = Number((element as HTMLElement).dataset.walk ?? -1);
  return { name: element.outerHTML.replace(/\s+/g, ' ').slice(0, 140), number, isSeen };
}
