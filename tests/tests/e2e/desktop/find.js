// Finds the thing that a person means by its words: arguments are what kind of thing, and the words.
// In a dialog nothing else can be used. Something that cannot be seen, or is switched off, is not there.
const [kind, words] = arguments;

const KINDS = {
  page: 'aside nav a',
  tab: 'main nav a',
  press: 'button, a[href], summary, label:has(input[type=checkbox]), [role=radio], [role=tab], [role=menuitem]',
  field: 'input, textarea, select',
  row: '[data-row]',
  heading: 'h1, h2, h3',
};

const plain = (text) => (text ?? '').replace(/\s+/g, ' ').trim();

function namesOf(element) {
  const labels = [...(element.labels ?? [])].map((label) => label.textContent.replace(/\*\s*$/, ''));
  return [element.getAttribute('aria-label'), element.innerText, element.title, ...labels].map(plain);
}

function canBeUsed(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && !element.disabled && element.checkVisibility();
}

function isMeant(element) {
  const names = namesOf(element);
  if (kind === 'row') return names.some((name) => name.includes(words));
  // Beside these stands how many there are.
  if (kind === 'page' || kind === 'tab') return names.some((name) => name.replace(/ ?[\d,.]+$/, '') === words);
  return names.includes(words);
}

const root = document.querySelector('[role=dialog]') ?? document;
const found = [...root.querySelectorAll(KINDS[kind])].filter((each) => isMeant(each) && canBeUsed(each));
return found.find((each) => kind === 'page' || !each.matches(KINDS.page)) ?? null;
