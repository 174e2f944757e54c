/**
 * Where a browser forbids pages to keep anything, touching its storage throws, here and in libraries. There the page
 * gets one that lasts as long as it does. To be imported first by what starts the page, and by modules that look into it
 * while they are loaded, since a build puts modules into files of its own choice.
 */
export const NAMES = ['localStorage', 'sessionStorage'] as const;

for (const name of NAMES) {
  if (!isAllowed(name)) Object.defineProperty(globalThis, name, { value: shortLived(), configurable: true });
}

function isAllowed(name: (typeof NAMES)[number]): boolean {
  try {
    return Boolean(globalThis[name]);
  } catch {
    return false;
  }
}

function shortLived(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
